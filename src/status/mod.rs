//! One value, published: what the box does and how it is.

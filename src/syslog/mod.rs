//! Header variants and framing.

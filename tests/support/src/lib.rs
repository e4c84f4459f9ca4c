//! What the tests of siembox stand on.

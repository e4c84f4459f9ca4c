//! A macro for a struct of some keys of a JSON object that may hold other types than expected.
//!
//! Like `#[derive(Deserialize)]`, except that nothing but broken JSON is an error: serde's own
//! derive refuses a key that comes twice and a value of another type.

/// `visit_*` for values that are of no use where they stand: the default instead, the input
/// consumed.
macro_rules! otherwise_default {
    ($lt:lifetime: scalars) => {
        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
    };
    ($lt:lifetime: numbers) => {
        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
    };
    ($lt:lifetime: text) => {
        fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
    };
    ($lt:lifetime: list) => {
        fn visit_seq<A: serde::de::SeqAccess<$lt>>(
            self,
            mut list: A,
        ) -> Result<Self::Value, A::Error> {
            while list.next_element::<serde::de::IgnoredAny>()?.is_some() {}
            Ok(Self::Value::default())
        }
    };
    ($lt:lifetime: map) => {
        fn visit_map<A: serde::de::MapAccess<$lt>>(
            self,
            mut map: A,
        ) -> Result<Self::Value, A::Error> {
            while map
                .next_entry::<serde::de::IgnoredAny, serde::de::IgnoredAny>()?
                .is_some()
            {}
            Ok(Self::Value::default())
        }
    };
}
pub(in crate::source) use otherwise_default;

/// A struct of those keys of a JSON object that are of use; the last one counts where a key comes
/// twice. Anything but an object reads as an empty one. `any_case` compares keys without case.
macro_rules! lenient_object {
    ($(#[$meta:meta])* struct $Name:ident<$lt:lifetime> any_case {
        $($key:literal => $field:ident: $Type:ty,)+
    }) => {
        crate::source::json::lenient_object! {
            @by (str::eq_ignore_ascii_case) $(#[$meta])* struct $Name<$lt> {
                $($key => $field: $Type,)+
            }
        }
    };
    ($(#[$meta:meta])* struct $Name:ident<$lt:lifetime> {
        $($key:literal => $field:ident: $Type:ty,)+
    }) => {
        crate::source::json::lenient_object! {
            @by (str::eq) $(#[$meta])* struct $Name<$lt> { $($key => $field: $Type,)+ }
        }
    };
    (@by ($same:path) $(#[$meta:meta])* struct $Name:ident<$lt:lifetime> {
        $($key:literal => $field:ident: $Type:ty,)+
    }) => {
        $(#[$meta])*
        #[derive(Debug, Default)]
        struct $Name<$lt> { $($field: $Type,)+ }

        impl<$lt> serde::de::Deserialize<$lt> for $Name<$lt> {
            fn deserialize<D: serde::de::Deserializer<$lt>>(from: D) -> Result<Self, D::Error> {
                #[allow(non_camel_case_types)]
                enum LenientKey { $($field,)+ _other }

                impl<'k> serde::de::Deserialize<'k> for LenientKey {
                    fn deserialize<D: serde::de::Deserializer<'k>>(from: D) -> Result<Self, D::Error> {
                        struct LenientName;
                        impl serde::de::Visitor<'_> for LenientName {
                            type Value = LenientKey;
                            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                                f.write_str("a key")
                            }
                            fn visit_str<E>(self, key: &str) -> Result<LenientKey, E> {
                                $(if $same(key, $key) { return Ok(LenientKey::$field); })+
                                Ok(LenientKey::_other)
                            }
                        }
                        from.deserialize_identifier(LenientName)
                    }
                }

                struct Fields;
                impl<$lt> serde::de::Visitor<$lt> for Fields {
                    type Value = $Name<$lt>;
                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("an object")
                    }
                    fn visit_map<A: serde::de::MapAccess<$lt>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                        let mut object = $Name::default();
                        while let Some(key) = map.next_key::<LenientKey>()? {
                            match key {
                                $(LenientKey::$field => object.$field = map.next_value()?,)+
                                LenientKey::_other => { map.next_value::<serde::de::IgnoredAny>()?; }
                            }
                        }
                        Ok(object)
                    }
                    crate::source::json::otherwise_default!($lt: scalars);
                    crate::source::json::otherwise_default!($lt: numbers);
                    crate::source::json::otherwise_default!($lt: text);
                    crate::source::json::otherwise_default!($lt: list);
                }
                from.deserialize_any(Fields)
            }
        }
    };
}
pub(in crate::source) use lenient_object;

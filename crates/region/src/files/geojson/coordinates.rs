//! [`Coordinates`]: arrays of numbers of any depth, read without knowing the depth beforehand.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::lenient::Number;
use crate::core_geometry::Point;

/// What `coordinates` hold. A coordinate that is no number is NaN.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) enum Coordinates {
    #[default]
    None,
    Position(Point),
    Path(Vec<Point>),
    Rings(Vec<Vec<Point>>),
    Polygons(Vec<Vec<Vec<Point>>>),
    /// Deeper than any geometry, or no array.
    Bad,
}

impl<'de> Deserialize<'de> for Coordinates {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match deserializer.deserialize_any(ItemVisitor)? {
            Item::List(list) => list,
            Item::Number(_) => Self::Bad,
        })
    }
}

/// An element whose depth is not known yet.
enum Item {
    Number(f64),
    List(Coordinates),
}

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ItemVisitor)
    }
}

struct ItemVisitor;

impl<'de> Visitor<'de> for ItemVisitor {
    type Value = Item;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("coordinates")
    }

    fn visit_f64<E>(self, value: f64) -> Result<Item, E> {
        Ok(Item::Number(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Item, E> {
        Ok(Item::Number(value as f64))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Item, E> {
        Ok(Item::Number(value as f64))
    }

    fn visit_unit<E>(self) -> Result<Item, E> {
        Ok(Item::List(Coordinates::None))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Item, E> {
        Ok(Item::Number(f64::NAN))
    }

    fn visit_str<E>(self, _: &str) -> Result<Item, E> {
        Ok(Item::Number(f64::NAN))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Item, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Item::List(Coordinates::Bad))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Item, A::Error> {
        Ok(Item::List(match seq.next_element::<Item>()? {
            None => Coordinates::Path(Vec::new()),
            Some(Item::Number(x)) => Coordinates::Position(rest_of_position(x, &mut seq)?),
            Some(Item::List(Coordinates::Position(first))) => Coordinates::Path(rest_of_path(first, &mut seq)?),
            Some(Item::List(Coordinates::Path(first))) => {
                let mut rings = vec![first];
                while let Some(Path(ring)) = seq.next_element()? {
                    rings.push(ring);
                }
                Coordinates::Rings(rings)
            }
            Some(Item::List(Coordinates::Rings(first))) => {
                let mut polygons = vec![first];
                while let Some(Rings(rings)) = seq.next_element()? {
                    polygons.push(rings);
                }
                Coordinates::Polygons(polygons)
            }
            Some(Item::List(_)) => {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Coordinates::Bad
            }
        }))
    }
}

fn rest_of_position<'de, A: SeqAccess<'de>>(x: f64, seq: &mut A) -> Result<Point, A::Error> {
    let y = seq.next_element::<Number>()?.map_or(f64::NAN, |number| number.0);
    // A height, and whatever else.
    while seq.next_element::<IgnoredAny>()?.is_some() {}
    Ok(Point::new(x, y))
}

fn rest_of_path<'de, A: SeqAccess<'de>>(first: Point, seq: &mut A) -> Result<Vec<Point>, A::Error> {
    let mut path = Vec::with_capacity(64);
    path.push(first);
    while let Some(Position(point)) = seq.next_element()? {
        path.push(point);
    }
    Ok(path)
}

/// A position where one must be; NaN where there is none.
struct Position(Point);

/// The same for deeper arrays: NaN where there is none, which is refused later.
struct Path(Vec<Point>);
struct Rings(Vec<Vec<Point>>);

impl<'de> Deserialize<'de> for Path {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Coordinates::deserialize(deserializer)? {
            Coordinates::Path(path) => Self(path),
            _ => Self(Vec::new()),
        })
    }
}

impl<'de> Deserialize<'de> for Rings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Coordinates::deserialize(deserializer)? {
            Coordinates::Rings(rings) => Self(rings),
            _ => Self(vec![Vec::new()]),
        })
    }
}

impl<'de> Deserialize<'de> for Position {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PositionVisitor;

        impl<'de> Visitor<'de> for PositionVisitor {
            type Value = Position;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a position")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Position, A::Error> {
                let x = seq.next_element::<Number>()?.map_or(f64::NAN, |number| number.0);
                rest_of_position(x, &mut seq).map(Position)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Position, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(NOWHERE)
            }

            fn visit_f64<E>(self, _: f64) -> Result<Position, E> {
                Ok(NOWHERE)
            }

            fn visit_i64<E>(self, _: i64) -> Result<Position, E> {
                Ok(NOWHERE)
            }

            fn visit_u64<E>(self, _: u64) -> Result<Position, E> {
                Ok(NOWHERE)
            }

            fn visit_unit<E>(self) -> Result<Position, E> {
                Ok(NOWHERE)
            }

            fn visit_bool<E>(self, _: bool) -> Result<Position, E> {
                Ok(NOWHERE)
            }

            fn visit_str<E>(self, _: &str) -> Result<Position, E> {
                Ok(NOWHERE)
            }
        }
        const NOWHERE: Position = Position(Point::new(f64::NAN, f64::NAN));
        deserializer.deserialize_any(PositionVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_found_out() {
        let read = |text: &str| serde_json::from_str::<Coordinates>(text).unwrap();
        let p = |x, y| Point::new(x, y);
        assert_eq!(read("[1, 2, 3]"), Coordinates::Position(p(1.0, 2.0)));
        assert_eq!(read("[[1,2],[3.5,4]]"), Coordinates::Path(vec![p(1.0, 2.0), p(3.5, 4.0)]));
        assert_eq!(read("[[[1,2]],[]]"), Coordinates::Rings(vec![vec![p(1.0, 2.0)], vec![]]));
        assert_eq!(read("[[[[1,2]]]]"), Coordinates::Polygons(vec![vec![vec![p(1.0, 2.0)]]]));
        assert_eq!(read("[]"), Coordinates::Path(vec![]));
        for bad in ["{}", "5", "[[[[[1,2]]]]]", "[{}]"] {
            assert_eq!(read(bad), Coordinates::Bad, "{bad}");
        }
        for odd in ["[[1,2],5,null,\"x\",{},true]", "[[1,2],[1],[]]"] {
            let Coordinates::Path(path) = read(odd) else { panic!("{odd}") };
            assert!(path[1..].iter().all(|point| point.y.is_nan()), "{odd}");
        }
    }
}

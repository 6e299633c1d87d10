//! Records that are two counts, which many change at once: how many of something there are, and how many bytes they take.
//!
//! Everything else is changed by whoever has read it ([`Expect`](super::Expect)), and of two who have read the same one must begin anew. A count of all held requests would be
//! changed by every gateway with every request. So an engine adds to it itself, in the commit, and nobody has to have read it.
//!
//! **Invariant:** a count that grows never passes its bound, and none falls below nothing (`tests/it/store_contract.rs`).
//! A count lies open in the store, as the names of records do. Used by the engines, and by the flows' quotas.

/// What a commit adds to a record of two counts. There is nothing before the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Add {
    /// To the number, and to the bytes.
    pub by: [i64; 2],
    /// The most that each may be where it grows.
    pub most: [u64; 2],
}

impl Add {
    /// The counts after it; `None` where one would be over its bound. Counts that cannot be read are over every bound, and stand in the way of
    /// nothing that makes them less.
    pub fn to(&self, counts: Option<&[u8]>) -> Option<[u8; 16]> {
        let before = match counts {
            None => [0, 0],
            Some(value) => read(value).unwrap_or([u64::MAX; 2]),
        };
        let mut out = [0; 16];
        let (number, bytes) = out.split_at_mut(8);
        for (((before, by), most), out) in before.into_iter().zip(self.by).zip(self.most).zip([number, bytes])
        {
            let after = before.saturating_add_signed(by);
            if by > 0 && after > most {
                return None;
            }
            out.copy_from_slice(&after.to_be_bytes());
        }
        Some(out)
    }
}

/// The counts of a record.
pub fn read(value: &[u8]) -> Option<[u64; 2]> {
    let (number, bytes) = value.split_first_chunk()?;
    Some([u64::from_be_bytes(*number), u64::from_be_bytes(bytes.try_into().ok()?)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_stay_between_nothing_and_their_bounds() {
        let add = |by, most| Add { by, most };
        let of = |number: u64, bytes: u64| [number.to_be_bytes(), bytes.to_be_bytes()].concat();
        let to = |add: Add, value: Option<&[u8]>| add.to(value).map(|value| read(&value).unwrap());
        assert_eq!(to(add([1, 70], [2, 100]), None), Some([1, 70]));
        assert_eq!(to(add([1, 30], [2, 100]), Some(&of(1, 70))), Some([2, 100]));
        assert_eq!(to(add([1, 31], [2, 100]), Some(&of(1, 70))), None);
        assert_eq!(to(add([1, 0], [2, 100]), Some(&of(2, 70))), None);
        // What does not grow needs no room.
        assert_eq!(to(add([1, 0], [2, 50]), Some(&of(1, 70))), Some([2, 70]));
        assert_eq!(to(add([-1, -70], [0, 0]), Some(&of(5, 60))), Some([4, 0]));
        assert_eq!(to(add([1, 1], [9, 9]), Some(b"short")), None);
        assert_eq!(to(add([-1, -1], [0, 0]), Some(b"short")), Some([u64::MAX - 1; 2]));
    }
}

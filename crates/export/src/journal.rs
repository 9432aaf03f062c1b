//! [`Journal`]: which blocks of an export are done, in a file that only grows.
//!
//! A head says what the export is; then comes a record for each finished block, with what its sink needs to go on from
//! there. Each record has a checksum, so a torn end is found and cut off.
//!
//! A record is written when the data are handed to the system, which is enough for everything but a power failure. Every
//! now and then the data are made durable, and a mark says up to which record they are. After a restart of the machine only
//! the records up to the last mark count. The journal knows a restart by the system's boot number; where there is none, every
//! resumption is treated as one.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::source::write_all_at;
use crate::{Error, IoResultExt, Result};

/// The identity of an export: written at the start, compared on resuming.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Head {
    /// The options, the part of the source, and what its owner adds, by name.
    pub settings: serde_json::Map<String, serde_json::Value>,
    /// The block exponent, which a resumed export must keep.
    pub k: u32,
    /// Tiles in all.
    pub tiles: u64,
    /// The boot id of the machine; empty if unknown.
    pub boot: String,
}

/// A finished block, and the state of the sink after it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Block {
    pub stage: u16,
    /// Row by row in the stage's grid.
    pub index: u64,
    /// Written in it.
    pub tiles: u32,
    /// Of work so far, earlier runs included.
    pub milliseconds: u64,
    /// See [`TileSink::state`](super::TileSink::state).
    pub state: Vec<u8>,
}

/// An open journal, at its end.
pub(super) struct Journal {
    file: File,
    path: PathBuf,
    end: u64,
}

/// The progress of an earlier run.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Replay {
    /// By stage and index.
    pub done: HashSet<(u16, u64)>,
    pub tiles: u64,
    pub milliseconds: u64,
    /// The bytes of the output, once every tile is in it and it has only to be published.
    pub complete: Option<u64>,
    end: u64,
    rebooted: bool,
}

const MAGIC: &[u8; 8] = b"MOSJRNL1";
/// No record is longer; a longer one is damage. A block has at most some thousand tiles.
const LONGEST: u32 = 64 << 20;

const BLOCK: u8 = 1;
const DURABLE: u8 = 2;
const COMPLETE: u8 = 3;
const SESSION: u8 = 4;

impl Journal {
    /// Creates a journal. It appears with a complete head.
    pub(super) fn create(path: &Path, head: &Head) -> Result<Self> {
        let new = path.with_extension("new");
        let file = File::create(&new).at(&new)?;
        let mut journal = Self { file, path: path.to_owned(), end: 0 };
        let json = serde_json::to_vec(head).map_err(|error| Error::invalid(error.to_string()))?;
        write_all_at(&journal.file, MAGIC, 0).at(path)?;
        journal.end = MAGIC.len() as u64;
        journal.append(&json)?;
        std::fs::rename(&new, path).at(path)?;
        Ok(journal)
    }

    /// Reads the journal at `path`; returns its head and progress.
    pub(super) fn replay(path: &Path) -> Result<(Head, Replay)> {
        let (head, records) = Records::open(path)?;
        let mut boot = head.boot.clone();
        let (mut durable, mut end) = (records.at, records.at);
        for record in records {
            match *record.payload {
                [DURABLE, ref rest @ ..] => durable = number(rest)?,
                [SESSION, ref rest @ ..] => boot = String::from_utf8_lossy(rest).into_owned(),
                _ => {}
            }
            end = record.end;
        }
        let rebooted = boot.is_empty() || boot != boot_number();
        let mut replay = Replay { end: if rebooted { durable.min(end) } else { end }, rebooted, ..Replay::default() };
        let (_, records) = Records::open(path)?;
        for record in records.take_while(|record| record.end <= replay.end) {
            match *record.payload {
                [BLOCK, ref rest @ ..] => {
                    let block = Block::decode(rest)?;
                    if replay.done.insert((block.stage, block.index)) {
                        replay.tiles += u64::from(block.tiles);
                    }
                    replay.milliseconds = block.milliseconds;
                }
                [COMPLETE, ref rest @ ..] => replay.complete = Some(number(rest)?),
                _ => {}
            }
        }
        Ok((head, replay))
    }

    /// Continues the journal at `path` after the records of `replay`, passing each block's state to `restore` in order.
    pub(super) fn resume(path: &Path, replay: &Replay, mut restore: impl FnMut(&[u8]) -> Result<()>) -> Result<Self> {
        let (_, records) = Records::open(path)?;
        for record in records.take_while(|record| record.end <= replay.end) {
            if let [BLOCK, rest @ ..] = &*record.payload {
                restore(&Block::decode(rest)?.state)?;
            }
        }
        let file = File::options().write(true).open(path).at(path)?;
        file.set_len(replay.end).at(path)?;
        let mut journal = Self { file, path: path.to_owned(), end: replay.end };
        if replay.rebooted {
            // What is left was durable; from now on also for this boot.
            journal.mark(replay.end)?;
        }
        journal.append(&[&[SESSION], boot_number().as_bytes()].concat())?;
        Ok(journal)
    }

    /// Note a finished block.
    pub(super) fn block(&mut self, block: &Block) -> Result<()> {
        self.append(&block.encode())
    }

    /// Its current end: records before it can be marked durable once their data are synced.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Note that all data of the records before `end` are durable, durably.
    pub(super) fn mark(&mut self, end: u64) -> Result<()> {
        self.append(&[&[DURABLE], end.to_le_bytes().as_slice()].concat())?;
        self.file.sync_data().at(&self.path)
    }

    /// Note that the output of `bytes` is complete, and durable.
    pub(super) fn complete(&mut self, bytes: u64) -> Result<()> {
        self.append(&[&[COMPLETE], bytes.to_le_bytes().as_slice()].concat())?;
        self.mark(self.end)
    }

    fn append(&mut self, payload: &[u8]) -> Result<()> {
        let mut record = Vec::with_capacity(payload.len() + 8);
        record.extend((payload.len() as u32).to_le_bytes());
        record.extend(crc32fast::hash(payload).to_le_bytes());
        record.extend(payload);
        write_all_at(&self.file, &record, self.end).at(&self.path)?;
        self.end += record.len() as u64;
        Ok(())
    }
}

impl Replay {
    /// Count no longer the blocks, of one tile each, that are lost.
    pub(super) fn forget(&mut self, is_lost: impl Fn((u16, u64)) -> bool) {
        let before = self.done.len();
        self.done.retain(|&block| !is_lost(block));
        self.tiles -= (before - self.done.len()) as u64;
    }
}

impl Block {
    fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![BLOCK];
        bytes.extend(self.stage.to_le_bytes());
        bytes.extend(self.index.to_le_bytes());
        bytes.extend(self.tiles.to_le_bytes());
        bytes.extend(self.milliseconds.to_le_bytes());
        bytes.extend(&self.state);
        bytes
    }

    fn decode(mut bytes: &[u8]) -> Result<Self> {
        fn take<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N]> {
            let (first, rest) = bytes.split_first_chunk::<N>().ok_or_else(damaged)?;
            *bytes = rest;
            Ok(*first)
        }
        let from = &mut bytes;
        Ok(Self {
            stage: u16::from_le_bytes(take(from)?),
            index: u64::from_le_bytes(take(from)?),
            tiles: u32::from_le_bytes(take(from)?),
            milliseconds: u64::from_le_bytes(take(from)?),
            state: from.to_vec(),
        })
    }
}

/// The records of a file, up to the first that is damaged or cut short.
struct Records {
    file: BufReader<File>,
    at: u64,
}

struct Record {
    payload: Vec<u8>,
    /// Where the next one starts.
    end: u64,
}

impl Records {
    fn open(path: &Path) -> Result<(Head, Self)> {
        let mut file = BufReader::with_capacity(1 << 20, File::open(path).at(path)?);
        let mut magic = [0; MAGIC.len()];
        let whole = file.read_exact(&mut magic).is_ok() && magic == *MAGIC;
        let mut records = Self { file, at: magic.len() as u64 };
        let first = if whole { records.next() } else { None };
        let head = first.and_then(|record| serde_json::from_slice(&record.payload).ok());
        Ok((head.ok_or_else(|| damaged().at(path))?, records))
    }
}

impl Iterator for Records {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        let mut frame = [0; 8];
        self.file.read_exact(&mut frame).ok()?;
        let [length, sum] =
            [0, 4].map(|at| u32::from_le_bytes([frame[at], frame[at + 1], frame[at + 2], frame[at + 3]]));
        if length > LONGEST {
            return None;
        }
        // Read rather than allocated ahead: a damaged length takes no more memory than the file has bytes.
        let mut payload = Vec::new();
        self.file.by_ref().take(length.into()).read_to_end(&mut payload).ok()?;
        if payload.len() != length as usize || crc32fast::hash(&payload) != sum {
            return None;
        }
        self.at += 8 + u64::from(length);
        Some(Record { payload, end: self.at })
    }
}

fn number(bytes: &[u8]) -> Result<u64> {
    bytes.try_into().ok().map(u64::from_le_bytes).ok_or_else(damaged)
}

fn damaged() -> Error {
    Error::corrupt("the record of an unfinished export; restart it with --restart")
}

/// A name for this run of the machine, empty where the system has none.
pub(super) fn boot_number() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(boot: &str) -> Head {
        Head { settings: serde_json::Map::new(), k: 2, tiles: 99, boot: boot.to_owned() }
    }

    fn block(index: u64) -> Block {
        Block { stage: 1, index, tiles: 4, milliseconds: index * 10, state: vec![index as u8; index as usize] }
    }

    fn indices(replay: &Replay) -> Vec<u64> {
        let mut indices: Vec<_> = replay.done.iter().map(|&(_, index)| index).collect();
        indices.sort_unstable();
        indices
    }

    #[test]
    fn written_values_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let mut journal = Journal::create(&path, &head(&boot_number())).unwrap();
        (1..=3).for_each(|index| journal.block(&block(index)).unwrap());
        let (read, replay) = Journal::replay(&path).unwrap();
        assert_eq!(read, head(&boot_number()));
        if !boot_number().is_empty() {
            assert_eq!((indices(&replay), replay.tiles, replay.milliseconds), (vec![1, 2, 3], 12, 30));
        }
        journal.mark(journal.end()).unwrap();
        journal.complete(77).unwrap();
        let (_, replay) = Journal::replay(&path).unwrap();
        assert_eq!((indices(&replay), replay.complete), (vec![1, 2, 3], Some(77)));
        let mut states = Vec::new();
        Journal::resume(&path, &replay, |state| {
            states.push(state.to_vec());
            Ok(())
        })
        .unwrap();
        assert_eq!(states, [vec![1], vec![2; 2], vec![3; 3]]);
    }

    #[test]
    fn after_a_reboot_only_synced_records_count() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let mut journal = Journal::create(&path, &head("the boot before")).unwrap();
        journal.block(&block(1)).unwrap();
        journal.block(&block(2)).unwrap();
        let durable = journal.end();
        journal.block(&block(3)).unwrap();
        journal.mark(durable).unwrap();
        journal.block(&block(4)).unwrap();
        let (_, replay) = Journal::replay(&path).unwrap();
        assert_eq!(indices(&replay), [1, 2]);
        let mut journal = Journal::resume(&path, &replay, |_| Ok(())).unwrap();
        journal.block(&block(5)).unwrap();
        let again = if boot_number().is_empty() { vec![1, 2] } else { vec![1, 2, 5] };
        assert_eq!(indices(&Journal::replay(&path).unwrap().1), again);
    }

    #[test]
    fn damage_ends_the_reading_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let mut journal = Journal::create(&path, &head("x")).unwrap();
        (1..=9).for_each(|index| journal.block(&block(index)).unwrap());
        journal.mark(journal.end()).unwrap();
        let whole = std::fs::read(&path).unwrap();
        let (mut resumed, mut replayed) = (0, 0);
        for cut in 0..whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            if let Ok((_, replay)) = Journal::replay(&path) {
                assert!(Journal::resume(&path, &replay, |_| Ok(())).is_ok(), "cut at {cut}");
                resumed += 1;
            }
            let mut torn = whole.clone();
            torn[cut] ^= 0x41;
            std::fs::write(&path, &torn).unwrap();
            if let Ok((_, replay)) = Journal::replay(&path) {
                assert!(replay.done.len() <= 9, "byte {cut}");
                replayed += 1;
            }
        }
        // Everything but what is cut or torn in the head.
        assert!(resumed > whole.len() / 2 && replayed > whole.len() / 2, "{resumed} and {replayed} of {}", whole.len());
        let mut torn = whole.clone();
        torn.truncate(whole.len() - 1);
        std::fs::write(&path, &torn).unwrap();
        assert_eq!(Journal::replay(&path).unwrap().1.done.len(), 0, "the mark itself is torn");
    }
}

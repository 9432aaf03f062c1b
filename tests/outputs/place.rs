//! A folder with tiles in it, the program run there, and every byte of it compared.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use mosaicist::export::{FORMATS, FormatSpec, write_image};
use mosaicist::geometry::Size;
use mosaicist::pixels::{Color, Pixels, SampleType};

/// What an entry of a folder is: its kind, its mode and its bytes or, of a link, its target.
pub(crate) type Tree = BTreeMap<String, (String, Vec<u8>)>;

/// A folder of its own for one case. Relative paths are in it.
pub(crate) struct Place {
    folder: tempfile::TempDir,
    what: String,
}

impl Place {
    /// With four tiles in `in`.
    pub(crate) fn new(what: String) -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap(), what };
        place.tiles("in");
        place
    }

    /// Four tiles in a new folder.
    pub(crate) fn tiles(&self, folder: &str) {
        fs::create_dir_all(self.at(folder)).unwrap();
        for number in 0..4_u8 {
            let pixels = Pixels::filled(Size::new(40, 30), SampleType::U8, &[9.0, 60.0 * f32::from(number), 200.0]);
            write_image(&self.at(&format!("{folder}/{number}.png")), &pixels, Color::Rgb, 90).unwrap();
        }
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file, its folders made.
    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::create_dir_all(self.at(name).parent().unwrap()).unwrap();
        fs::write(self.at(name), text).unwrap();
    }

    /// A folder with somebody's own files.
    pub(crate) fn notes(&self, folder: &str) {
        self.write(&format!("{folder}/letter.txt"), "precious");
        self.write(&format!("{folder}/2019/photo.jpg"), "a photograph");
    }

    /// Every entry below the folder.
    pub(crate) fn tree(&self) -> Tree {
        let mut found = Tree::new();
        walk(self.folder.path(), "", &mut found);
        found
    }

    /// Those whose name begins so.
    pub(crate) fn part(&self, beginning: &str) -> Tree {
        self.tree().into_iter().filter(|(name, _)| name.starts_with(beginning)).collect()
    }

    fn run(&self, arguments: &[&str]) -> (i32, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mosaicist"));
        let done = command.args(arguments).current_dir(self.folder.path()).output().unwrap();
        (done.status.code().unwrap_or(-1), String::from_utf8_lossy(&done.stderr).into_owned())
    }

    /// The command succeeds.
    pub(crate) fn done(&self, arguments: &[&str]) {
        let (status, said) = self.run(arguments);
        assert_eq!(status, 0, "{}: {}: {said}", self.what, arguments.join(" "));
    }

    /// The command fails with one line that has `says` in it, and every byte is as it was.
    pub(crate) fn refused(&self, arguments: &[&str], says: &str) {
        let before = self.tree();
        let (status, said) = self.run(arguments);
        let what = format!("{}: {}: {said}", self.what, arguments.join(" "));
        assert_eq!(status, 1, "{what}");
        assert!(said.starts_with("mosaicist: ") && said.lines().count() == 1, "one line: {what}");
        assert!(said.contains(says), "it says '{says}': {what}");
        let after = self.tree();
        let changed =
            |(name, entry): (&String, _)| if after.get(name) == Some(entry) { None } else { Some(name.clone()) };
        let changed: Vec<_> = before.iter().filter_map(changed).collect();
        assert_eq!(changed, Vec::<String>::new(), "changed: {what}");
        assert_eq!(after.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>(), "new: {what}");
    }
}

fn walk(folder: &Path, name: &str, found: &mut Tree) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{name}{}", path.file_name().unwrap().to_str().unwrap());
        let about = fs::symlink_metadata(&path).unwrap();
        let kind = format!("{:?} {:?}", about.file_type(), about.permissions());
        if about.is_symlink() {
            let target = fs::read_link(&path).unwrap();
            found.insert(name, (kind, target.to_str().unwrap().into()));
        } else if about.is_dir() {
            walk(&path, &format!("{name}/"), found);
            found.insert(name, (kind, Vec::new()));
        } else {
            found.insert(name, (kind, fs::read(&path).unwrap()));
        }
    }
}

/// One format's way to be written.
pub(crate) struct Output {
    pub(crate) row: &'static FormatSpec,
    /// `o` with the format's ending, if it has one.
    pub(crate) name: String,
}

impl Output {
    /// Of every format.
    pub(crate) fn all() -> Vec<Self> {
        let name =
            |row: &FormatSpec| row.endings.first().map_or_else(|| "o".to_owned(), |ending| format!("o.{ending}"));
        FORMATS.iter().map(|row| Self { row, name: name(row) }).collect()
    }

    /// A place of its own for one case.
    pub(crate) fn place(&self, case: &str) -> Place {
        Place::new(format!("{}, {case}", self.row.name))
    }

    /// The folder that is written: the output itself or one beside it.
    pub(crate) fn folder(&self) -> Option<String> {
        self.row.folder?;
        Some(if self.is_deep_zoom() { "o_files".to_owned() } else { self.name.clone() })
    }

    pub(crate) fn is_deep_zoom(&self) -> bool {
        self.row.name == "dzi"
    }

    /// Whether it has one name and no other.
    pub(crate) fn has_single_name(&self) -> bool {
        !self.is_deep_zoom() && self.row.name != "raw"
    }

    /// Whether the output's own name is that of a file.
    pub(crate) fn is_file(&self) -> bool {
        self.row.folder.is_none() || self.is_deep_zoom()
    }

    /// The command that makes `out` of the tiles in `tiles`, and how it is told to replace.
    pub(crate) fn stitch<'a>(&self, tiles: &'a str, out: &'a str, overwrite: bool) -> Vec<&'a str> {
        let mut command =
            vec!["stitch", tiles, "--across", "2", "--threads", "1", "--format", self.row.name, "-o", out];
        command.extend(overwrite.then_some("--overwrite"));
        command
    }

    /// The same from one image.
    pub(crate) fn export<'a>(&self, image: &'a str, out: &'a str, overwrite: bool) -> Vec<&'a str> {
        let mut command = vec!["export", image, "--threads", "1", "--format", self.row.name, "-o", out];
        command.extend(overwrite.then_some("--overwrite"));
        command
    }
}

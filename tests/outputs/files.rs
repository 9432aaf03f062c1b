//! Outputs that are one plain file and no export: crops and projects; and what they never replace.

use std::fs;

use super::place::Place;

/// Commands that write one file, without its name.
fn commands() -> [(Vec<&'static str>, &'static str); 5] {
    let crop = || vec!["crop", "in/1.png", "--rect", "0,0,9,9"];
    [
        (crop(), "o.tif"),
        (crop(), "o.png"),
        (crop(), "o.jpg"),
        (vec!["stitch", "in"], "o.mosaic"),
        (vec!["export", "in/1.png"], "o.mosaic"),
    ]
}

fn with<'a>(command: &[&'a str], out: &'a str, overwrite: bool) -> Vec<&'a str> {
    let mut all = [command, &["-o", out]].concat();
    all.extend(overwrite.then_some("--overwrite"));
    all
}

#[test]
fn files_are_replaced_only_with_overwrite() {
    for (command, out) in commands() {
        let place = Place::new(format!("{} to {out}", command[0]));
        place.write(out, "mine");
        place.refused(&with(&command, out, false), "--overwrite");
        place.done(&with(&command, out, true));
        assert_ne!(fs::read(place.at(out)).unwrap(), b"mine");
        let (replaced, fresh) = (place.part("o"), Place::new("afresh".into()));
        fresh.done(&with(&command, out, false));
        if !out.ends_with("mosaic") {
            assert_eq!(replaced, fresh.part("o"), "{out}");
        }
        assert_eq!(place.part("."), [].into(), "no temporary file is left");
    }
}

#[test]
fn folders_and_inputs_are_never_replaced() {
    for (command, out) in commands() {
        let place = Place::new(format!("{} to {out}", command[0]));
        place.notes(out);
        let ending = out.rsplit('.').next().unwrap();
        for overwrite in [false, true] {
            place.refused(&with(&command, out, overwrite), "is a folder");
            place.refused(&with(&command, &format!("missing/o.{ending}"), overwrite), "missing");
        }
    }
    let place = Place::new("inputs".into());
    for overwrite in [false, true] {
        place.refused(&with(&["crop", "in/1.png", "--rect", "0,0,9,9"], "in/1.png", overwrite), "which this job reads");
        place.refused(&with(&["crop", "in/1.png", "--rect", "0,0,9,9"], "in/../in/1.png", overwrite), "reads");
    }
    place.done(&["stitch", "in", "-o", "p.mosaic"]);
    for overwrite in [false, true] {
        place.refused(&with(&["export", "p.mosaic"], "p.mosaic", overwrite), "which this job reads");
        place.refused(&with(&["export", "p.mosaic", "--format", "tif"], "p.mosaic", overwrite), "which this job reads");
        place.refused(&with(&["export", "p.mosaic", "--format", "tif"], "in/2.png", overwrite), "which this job reads");
        place.refused(&with(&["export", "p.mosaic", "--format", "xyz"], "in", overwrite), "in: ");
    }
}

#[cfg(unix)]
#[test]
fn projects_are_for_everybody_that_the_umask_allows() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::new("modes".into());
    place.write("plain", "");
    let mode = |name: &str| fs::metadata(place.at(name)).unwrap().permissions().mode() & 0o777;
    for (command, out) in commands() {
        place.done(&with(&command, out, out == "o.mosaic"));
        assert_eq!(mode(out), mode("plain"), "{out}");
        fs::set_permissions(place.at(out), fs::Permissions::from_mode(0o664)).unwrap();
        place.done(&with(&command, out, true));
        assert_eq!(mode(out), 0o664, "{out}: an existing file's mode stays");
        fs::remove_file(place.at(out)).unwrap();
    }
}

#[cfg(unix)]
#[test]
fn links_to_files_are_written_through() {
    use std::os::unix::fs::symlink;
    for (command, out) in commands() {
        let place = Place::new(format!("{} through a link to {out}", command[0]));
        place.write("far/real", "mine");
        symlink("far/real", place.at(out)).unwrap();
        place.refused(&with(&command, out, false), "--overwrite");
        place.done(&with(&command, out, true));
        assert!(fs::symlink_metadata(place.at(out)).unwrap().is_symlink());
        assert_ne!(fs::read(place.at("far/real")).unwrap(), b"mine");
        assert_eq!(fs::read_dir(place.at("far")).unwrap().count(), 1);
        fs::remove_file(place.at(out)).unwrap();
        symlink("in/1.png", place.at(out)).unwrap();
        place.refused(&with(&command, out, true), "which this job reads");
    }
}

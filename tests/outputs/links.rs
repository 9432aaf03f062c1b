//! Links and hard links under the names that an export writes.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;

use super::BOTH;
use super::place::Output;

#[test]
fn a_link_to_an_input_is_the_input() {
    for output in Output::all() {
        let place = output.place("a link to an input");
        symlink("in/1.png", place.at(&output.name)).unwrap();
        for overwrite in BOTH {
            place.refused(&output.stitch("in", &output.name, overwrite), "which this job reads");
        }
        let place = output.place("a link to the inputs' folder");
        symlink("in", place.at(&output.name)).unwrap();
        for overwrite in BOTH {
            place.refused(&output.stitch("in", &output.name, overwrite), &output.name);
        }
        let place = output.place("an input by a link");
        fs::create_dir(place.at("links")).unwrap();
        symlink("../in/1.png", place.at("links/a.png")).unwrap();
        for overwrite in BOTH {
            place.refused(&output.export("links/a.png", "in/1.png", overwrite), "which this job reads");
            place.refused(&output.export("links/a.png", "links/a.png", overwrite), "which this job reads");
            place.refused(&output.export("links/a.png", "links", overwrite), "links");
            place.refused(&output.export("links/a.png", "in", overwrite), "in");
        }
    }
}

#[test]
fn a_hard_link_to_an_input_is_the_input() {
    for output in Output::all() {
        let place = output.place("a hard link to an input");
        fs::hard_link(place.at("in/1.png"), place.at(&output.name)).unwrap();
        for overwrite in BOTH {
            place.refused(&output.stitch("in", &output.name, overwrite), "which this job reads");
        }
    }
}

#[test]
fn links_are_written_through_or_refused() {
    for output in Output::all() {
        let place = output.place("a link to nothing");
        symlink("nowhere", place.at(&output.name)).unwrap();
        for overwrite in BOTH {
            place.refused(&output.stitch("in", &output.name, overwrite), "link");
        }
        let place = output.place("a link to an earlier output");
        fs::create_dir(place.at("far")).unwrap();
        let far = format!("far/{}", output.name);
        place.tiles("more");
        place.tiles("more/in");
        fs::rename(place.at("more/in/0.png"), place.at("more/9.png")).unwrap();
        place.done(&output.stitch("more", &far, false));
        symlink(&far, place.at(&output.name)).unwrap();
        place.refused(
            &output.stitch("in", &output.name, false),
            if output.has_single_name() { "--overwrite" } else { "link" },
        );
        if !output.has_single_name() {
            place.refused(&output.stitch("in", &output.name, true), "link");
            continue;
        }
        let before = place.part("far");
        place.done(&output.stitch("in", &output.name, true));
        assert_ne!(place.part("far"), before, "{}: what the link leads to is replaced", output.row.name);
        assert!(fs::symlink_metadata(place.at(&output.name)).unwrap().is_symlink(), "and the link stays");
        assert_eq!(fs::read_dir(place.at("far")).unwrap().count(), 1, "{}", output.row.name);
    }
}

#[test]
fn planted_links_lead_nowhere() {
    for output in Output::all() {
        let part = format!(".{}.mosaicist-part", output.name);
        let place = output.place("a link under the work folder's name");
        place.notes("mine");
        symlink("mine", place.at(&part)).unwrap();
        for overwrite in BOTH {
            place.refused(&output.stitch("in", &output.name, overwrite), "is a link");
        }
        let place = output.place("a link under the lock's name");
        place.notes("mine");
        fs::create_dir(place.at(&part)).unwrap();
        symlink("../mine/letter.txt", place.at(&format!("{part}/lock"))).unwrap();
        place.refused(&output.stitch("in", &output.name, false), &part);
        let place = output.place("a link in a folder that is replaced");
        let Some(folder) = output.folder() else { continue };
        place.notes("mine");
        place.done(&output.stitch("in", &output.name, false));
        symlink("../mine", place.at(&format!("{folder}/0000"))).unwrap();
        place.refused(&output.stitch("in", &output.name, true), "'0000'");
    }
}

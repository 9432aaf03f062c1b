//! What already stands under an output's name: refused with every byte as it was, or replaced as told; for every format.
#![expect(clippy::unwrap_used, reason = "a test helper that cannot go on should say where")]

mod files;
mod links;
mod place;

use std::fs;

use place::Output;

const BOTH: [bool; 2] = [false, true];

#[test]
fn foreign_folders_are_never_replaced() {
    for output in Output::all() {
        let place = output.place("a foreign folder");
        place.notes(&output.name);
        for overwrite in BOTH {
            place.refused(&output.stitch("in", &output.name, overwrite), &output.name);
        }
        if let Some(folder) = output.folder() {
            let place = output.place("a foreign folder of tiles");
            place.notes(&folder);
            for overwrite in BOTH {
                place.refused(&output.stitch("in", &output.name, overwrite), &folder);
            }
        }
    }
}

#[test]
fn earlier_outputs_with_an_unknown_file_are_not_replaced() {
    for output in Output::all() {
        let Some(folder) = output.folder() else { continue };
        for extra in ["letter.txt", "0/letter.txt", "2019/", "index.html", "0/0/7/letter.png"] {
            let place = output.place(&format!("with {extra}"));
            place.done(&output.stitch("in", &output.name, false));
            if extra.ends_with('/') {
                fs::create_dir(place.at(&format!("{folder}/{extra}"))).unwrap();
            } else {
                place.write(&format!("{folder}/{extra}"), "precious");
            }
            let named = extra.trim_end_matches('/').split('/').next_back().unwrap();
            // A folder that the format has not may be named for its file.
            let named = if extra.matches('/').count() > 0 && !extra.ends_with('/') { "holds '" } else { named };
            place.refused(&output.stitch("in", &output.name, true), named);
        }
    }
}

#[test]
fn a_folder_without_its_descriptor_is_foreign() {
    for output in Output::all() {
        let Some(folder) = output.folder() else { continue };
        let place = output.place("no descriptor");
        place.done(&output.stitch("in", &output.name, false));
        let descriptor = output.row.folder.unwrap().descriptor;
        let path = if output.is_deep_zoom() { output.name.clone() } else { format!("{folder}/{descriptor}") };
        fs::remove_file(place.at(&path)).unwrap();
        for overwrite in BOTH {
            place.refused(&output.stitch("in", &output.name, overwrite), "is missing");
        }
        place.write(&path, "something else");
        place.refused(&output.stitch("in", &output.name, true), "says something else");
    }
}

#[test]
fn an_output_of_another_format_is_foreign() {
    let folders: Vec<_> =
        Output::all().into_iter().filter(|output| output.row.folder.is_some() && !output.is_deep_zoom()).collect();
    for (made, asked) in folders.iter().flat_map(|made| folders.iter().map(move |asked| (made, asked))) {
        if made.row.name == asked.row.name {
            continue;
        }
        let place = made.place(&format!("and then {}", asked.row.name));
        place.done(&made.stitch("in", "o", false));
        place.refused(&asked.stitch("in", "o", true), "no earlier output of this format");
    }
}

#[test]
fn a_file_and_a_folder_do_not_replace_each_other() {
    for output in Output::all() {
        if let Some(folder) = output.folder() {
            let place = output.place("a file where a folder goes");
            place.write(&folder, "mine");
            for overwrite in BOTH {
                place.refused(&output.stitch("in", &output.name, overwrite), "is no folder");
            }
        }
        if output.is_file() {
            let place = output.place("a folder where a file goes");
            fs::create_dir(place.at(&output.name)).unwrap();
            for overwrite in BOTH {
                place.refused(&output.stitch("in", &output.name, overwrite), "is a folder");
            }
        }
    }
    let raw = Output::all().into_iter().find(|output| output.row.name == "raw").unwrap();
    let place = raw.place("a foreign header");
    place.write("o.hdr", "mine");
    for overwrite in BOTH {
        place.refused(&raw.stitch("in", "o.raw", overwrite), "o.hdr");
    }
    place.write("o.raw", "mine too");
    place.refused(&raw.stitch("in", "o.raw", true), "o.hdr");
    place.refused(&raw.stitch("in", "x.hdr", false), "header");
}

#[test]
fn an_input_is_never_an_output() {
    for output in Output::all() {
        for overwrite in BOTH {
            let place = output.place("output = input");
            for name in ["in/1.png", "in/../in/1.png", "./in/./1.png"] {
                place.refused(&output.stitch("in", name, overwrite), "which this job reads");
                place.refused(&output.export("in/1.png", name, overwrite), "which this job reads");
            }
        }
    }
}

#[test]
fn an_output_never_holds_an_input() {
    for output in Output::all() {
        for overwrite in BOTH {
            let place = output.place("an input inside the output");
            place.tiles("a/in");
            for name in ["a", "a/in", "a/in/..", "."] {
                // A name that ends in `.` or `..` names no file.
                let says = if name.ends_with('.') { "" } else { name };
                place.refused(&output.stitch("a/in", name, overwrite), says);
            }
            if output.is_deep_zoom() {
                place.tiles("o_files");
                place.refused(&output.stitch("o_files", &output.name, overwrite), "holds o_files");
                place.tiles("o_files/10");
                place.refused(&output.stitch("o_files/10", &output.name, overwrite), "o_files");
            }
        }
    }
}

#[test]
fn an_output_never_lies_inside_an_input() {
    for output in Output::all() {
        let place = output.place("the output inside an input");
        place.done(&["stitch", "in", "--across", "2", "-o", "z.zarr"]);
        place.done(&["stitch", "in", "--across", "2", "-o", "d.dzi"]);
        place.done(&["stitch", "in", "--across", "2", "--format", "zoomify", "-o", "y"]);
        for overwrite in BOTH {
            for (input, name) in [
                ("z.zarr", "z.zarr"),
                ("z.zarr", "z.zarr/0"),
                ("z.zarr", "z.zarr/new"),
                ("z.zarr", "z.zarr/0/new"),
                ("z.zarr", "z.zarr/zarr.json"),
                ("d.dzi", "d.dzi"),
                ("d.dzi", "d_files"),
                ("d.dzi", "d_files/new"),
                ("y/ImageProperties.xml", "y/new"),
                ("y", "y/TileGroup0"),
            ] {
                place.refused(&output.export(input, name, overwrite), "which this job reads");
            }
        }
        // Beside the tiles it may lie, if it replaces none.
        let (before, out) = (place.part("in/"), format!("in/{}", output.name));
        place.done(&output.stitch("in", &out, false));
        let after = place.part("in/");
        assert!(before.iter().all(|(name, entry)| after.get(name) == Some(entry)), "{}", output.row.name);
        assert!(after.len() > before.len());
    }
}

#[test]
fn overwrite_replaces_an_earlier_output() {
    for output in Output::all() {
        let place = output.place("an earlier output");
        place.tiles("more");
        place.tiles("more/in");
        fs::rename(place.at("more/in/0.png"), place.at("more/9.png")).unwrap();
        place.done(&output.stitch("more", &output.name, false));
        let (earlier, tiles) = (place.part("o"), place.part("in"));
        place.refused(&output.stitch("in", &output.name, false), "--overwrite");
        place.done(&output.stitch("in", &output.name, true));
        let replaced = place.part("o");
        assert_ne!(replaced, earlier, "{}", output.row.name);
        assert_eq!(place.part("in"), tiles);
        assert_eq!(place.part("."), [].into(), "nothing is left beside it");
        let fresh = output.place("afresh");
        fresh.done(&output.stitch("in", &output.name, false));
        assert_eq!(replaced, fresh.part("o"), "{}: as if nothing had been there", output.row.name);
    }
}

#[test]
fn nothing_is_written_below_a_file_or_where_nothing_may_be() {
    for output in Output::all() {
        let place = output.place("below a file");
        place.write("letter.txt", "precious");
        for overwrite in BOTH {
            place.refused(&output.stitch("in", &format!("letter.txt/{}", output.name), overwrite), "letter.txt");
            place.refused(&output.stitch("in", &format!("missing/{}", output.name), overwrite), "missing");
        }
        read_only_folder(&output);
    }
}

/// Root may write everywhere: for root the case below a file stands alone, and this says so.
#[cfg(unix)]
fn read_only_folder(output: &Output) {
    use std::os::unix::fs::PermissionsExt as _;
    let place = output.place("a read-only folder");
    fs::create_dir(place.at("locked")).unwrap();
    place.write("locked/letter.txt", "precious");
    fs::set_permissions(place.at("locked"), fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(place.at("locked/probe"), "").is_ok() {
        fs::remove_file(place.at("locked/probe")).unwrap();
        eprintln!("{}: this user may write to a read-only folder: not checked", output.row.name);
    } else {
        place.refused(&output.stitch("in", &format!("locked/{}", output.name), true), "locked");
    }
    fs::set_permissions(place.at("locked"), fs::Permissions::from_mode(0o755)).unwrap();
}

#[cfg(not(unix))]
fn read_only_folder(_: &Output) {}

#[test]
fn the_work_folder_is_our_own() {
    for output in Output::all() {
        let place = output.place("somebody's folder under the work folder's name");
        let part = format!(".{}.mosaicist-part", output.name);
        place.notes(&part);
        for overwrite in BOTH {
            place.refused(&output.stitch("in", &output.name, overwrite), &part);
        }
        let place = output.place("a file under the work folder's name");
        place.write(&part, "mine");
        place.refused(&output.stitch("in", &output.name, false), &part);
    }
}

#[test]
fn replaced_files_are_named_beforehand() {
    use mosaicist::export::{ExportOptions, Standing};
    use mosaicist::job::Progress;
    use mosaicist::mosaic::Mosaic;
    use mosaicist::work::{ExportRequest, probe, standing};
    for output in Output::all() {
        let place = output.place("told beforehand");
        let mut mosaic = Mosaic::default();
        for (placement, _) in probe(&[place.at("in/1.png").into()], &Progress::default()).unwrap() {
            mosaic.add(placement);
        }
        let request = |out: &str| ExportRequest::new(place.at(out), ExportOptions::new(output.row.format));
        assert_eq!(standing(&mosaic, &request(&output.name)).unwrap(), Standing::Free);
        place.done(&output.export("in/1.png", &output.name, false));
        let Standing::Replaces(all) = standing(&mosaic, &request(&output.name)).unwrap() else {
            panic!("{}", output.row.name)
        };
        assert_eq!(all[0].path, place.at(&output.name));
        let written = place.part("o");
        let bytes: u64 = written.values().map(|(_, bytes)| bytes.len() as u64).sum();
        assert_eq!(all.iter().map(|replaced| replaced.bytes).sum::<u64>(), bytes, "{}", output.row.name);
        assert!(all.iter().all(|replaced| replaced.modified.is_some() && replaced.files > 0));
        assert_eq!(all.iter().any(|replaced| replaced.is_folder), output.folder().is_some());
        assert!(standing(&mosaic, &request("in/1.png")).is_err());
        assert!(standing(&mosaic, &request("in")).is_err());
        let protected = vec![place.at(&output.name)];
        assert!(standing(&mosaic, &ExportRequest { protected, ..request(&output.name) }).is_err());
    }
}

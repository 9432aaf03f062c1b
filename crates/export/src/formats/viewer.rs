//! A page to look at a folder of tiles, which works from the disk as from a server: it holds all it needs but the tiles.

use mosaicist_core::{text, xml};
use serde_json::Value;

/// `OpenSeadragon` 6.1.1, BSD license (`assets/openseadragon/LICENSE.txt`).
const OPENSEADRAGON: &str = include_str!("../../../../assets/openseadragon/openseadragon.min.js");
const LICENSE: &str = include_str!("../../../../assets/openseadragon/LICENSE.txt");
const PAGE: &str = include_str!("../../../../assets/openseadragon/viewer.html");

/// The page for the tiles of `source`, which is what `OpenSeadragon` takes as `tileSources`, addresses relative to the page.
pub(super) fn page(title: &str, source: &Value) -> String {
    // Nothing in it may end the script it stands in.
    let source = source.to_string().replace('<', "\\u003C");
    let title = xml::escaped(title);
    let script = OPENSEADRAGON.split("//# sourceMappingURL").next().unwrap_or_default();
    let license = LICENSE.replace("*/", "* /");
    let marks = [
        ("@@TITLE@@", &*title),
        ("@@LICENSE@@", license.trim()),
        ("@@SOURCE@@", &source),
        ("@@OPENSEADRAGON@@", script),
    ];
    text::filled(PAGE, &marks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_holds_everything() {
        let page = page("a < b & c", &serde_json::json!({ "tilesUrl": "</script>" }));
        assert!(page.contains("<title>a &lt; b &amp; c</title>"));
        assert!(super::page("@@SOURCE@@", &serde_json::json!(1)).contains("<title>@@SOURCE@@</title>"));
        assert!(page.contains("Redistribution and use in source and binary forms"));
        assert_eq!(page.matches("</script>").count(), 2, "two scripts, each ended once");
        assert!(!page.contains("<script src") && !page.contains("@@"), "nothing from elsewhere");
    }
}

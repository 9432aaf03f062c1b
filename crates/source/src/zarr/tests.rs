//! Every step that a chunk may have gone through: arrays that zarr 3.1 and numcodecs 0.16 wrote.

use std::path::Path;

use base64::Engine as _;
use serde_json::{Value, json};

use super::open;
use crate::geometry::{Rect, Region, Size};
use crate::pixels::{Sample as _, each_type};

const SIZE: Size = Size::new(32, 24);

/// The number at (x, y) of each of them.
fn number(x: i64, y: i64) -> f64 {
    ((x / 4 * 3 + y % 5 * 7) * if x > 20 { 2 } else { 1 }) as f64
}

/// What is told of arrays of Zarr 2, and their only chunk.
const SECOND: &[(&str, &str)] = &[
    (
        r#"{"dtype":"<u2","compressor":{"id":"blosc","cname":"blosclz","clevel":5,"shuffle":0,"blocksize":0}}"#,
        "AgEAAgAGAAAABgAAzAEAABQAAADYAAAAKAAAAAAAAAAAA6ABAQYAgAEBCQCAAQEMAIABAg8AHmABASQAgAEBKgCAAQEHAIABAQoAgAEBDQCAAQEQAIABARMAgAECFgAsYAEBMgCAAQE4AIABAQ4AgAEBEQCAAQEUAIABARcAgAEBGgCAAQIdADpgAQFAAIABAUYAgAEBFQCAAQEYAIABARsAgAGArQIeACGgAQIkAEhgAQFOAIABAVQAgAEBHACAAQEfAIABASIAgAEBJQCAAQEoAIABAisAVmABAVwAgAEBYgCAAQAAoADh/64/ATgA2AAAACgOAA4ADgAOABGgAQEUAIABARcAgAEBGgCAAQIdADpgAQFAAIABAUYAgAEBFQCAAQEYAIABARsAgAEBHgCAAQEhAIABAiQASGABAU4AgAEBVACAAQEcAIABAR8AgAEBIgCAAQElAIABASgAgAECKwBWYAEBXACAAQFiAIABAACgAAEDAIABAQYAgAEBCQCAAQEMAIABAA+gjwEkAIABASoAgAEBBwCAAQEKAIABAQ0AgAEBEACAAQETAIABAhYALGABATIAgAEBOACAAQEOAIAB4f+uPwFUAA==",
    ),
    (
        r#"{"dtype":"<u2","compressor":{"id":"blosc","cname":"blosclz","clevel":5,"shuffle":2,"blocksize":0}}"#,
        "AgEEAgAGAAAABgAA1gAAABQAAACsAAAAJ/DwEAAPDw8A4AIH4AMLAACgG+AwExTwD/Dw/wAfDw/w7/AA/wAP8A/w8PDgQRMTDwAP/w8PD/AAD/8Q8A/wEP//8ODgQxMU/wDw//DwD+DwDwD/APD/4A//AB8P4EITEw8AAOAAAPAf//D//wD//wDw/wDg4EMTE/AAAAD/AADg/wAA4AAAAB8AAP8f4EQTAADgAADAZwHg/+AAEuAAe+AyEwAA4FIAAgAAAA4AAAAjAAAAAOD///IDAgAAAA==",
    ),
    (
        r#"{"dtype":"<u2","compressor":{"id":"blosc","cname":"lz4","clevel":5,"shuffle":1,"blocksize":0}}"#,
        "AgEhAgAGAAAABgAA1gAAABQAAACtAAAA/5EAAAAAAwMDAwYGBgYJCQkJDAwMDA8eHh4kJCQkKioqKgcHBwcKCgoKDQ0NDRAQEBATExMTFiwsLDIyMjI4ODg4Dg4ODhEREREUFBQUFxcXFxoaGhodOjo6QEBAQEZGRkYVFRUVGBgYGBsbGxseHh4eISEhISRISEhOTk5OVFRUVBwcHBwfHx8fIiIiIiUlJSUoKCgoK1ZWVlxcXFxiYmJioAD//0pQTlRUVFQNAAAAHwABAP//6VAAAAAAAA==",
    ),
    (
        r#"{"dtype":"<u2","compressor":{"id":"blosc","cname":"lz4hc","clevel":5,"shuffle":2,"blocksize":0}}"#,
        "AgEkAgAGAAAABgAAvAAAABQAAACTAAAAiPDwEAAPDw8ACAAPFAA68AAP8PD/AB8PD/Dv8AD/AA8QAA8UADn/BAAP/w8PD/AAD/8Q8A/wEP//8OAUADqgAPD/8PAP4PAPAAsAIOAPfAAPFAA50AAA4AAA8B//8P//AP8TAB8AFAA7gQAAAP8AAOD/GABvAB8AAP8fFAA7BgEABBgAH/8UADsPAQBGUAAAAAAADQAAAB8AAQD//+lQAAAAAAA=",
    ),
    (
        r#"{"dtype":"<u2","compressor":{"id":"blosc","cname":"zlib","clevel":5,"shuffle":1,"blocksize":0}}"#,
        "AgFhAgAGAAAABgAAmwAAABQAAABwAAAAeF7tzjEKgzAYQOEfBItiraXaFquRlhREMzmVTE6SqVPJ5NT7H8J3Cbd8B3g8EZEIMRJkOCmlNAYckOKIAhdcjTETPshxRokbarTW2hkLKtzxAFn1hHbOffFDgw4vvNFj9N6v+EPCX/jb8W8DHP1obw8AAAB4XmNgGAWjYOQCAAMAAAE=",
    ),
    (
        r#"{"dtype":"<u2","compressor":{"id":"blosc","cname":"zstd","clevel":5,"shuffle":2,"blocksize":0}}"#,
        "AgGUAgAGAAAABgAAfQAAABQAAABlAAAAKLUv/WAABd0CADIFCw/QpTGUYh0AAAAAqBSjqykhFaqoVKXkhCvKyMPPxQmwA7HVmKWDNZQ3NeADESCQglMdA1uxggzBO7gAYLAH8lltD17m+nmI4c9iv6IaGgmtuZae0TUuxwE=",
    ),
    (
        r#"{"dtype":"<u2","compressor":{"id":"zlib","level":6}}"#,
        "eJzt0MsKQVEYgNG/FJFrOORyREcJIyMZGcnISEZG3v8h1LZeQu1vvcEX8atGnSZtelEmFXsatOjQZ0gRx+TEmS4DRkyYsYxLcuXGmClzStZUcU8ePFmwYsOWHYd4JW8+RP6X/+V/+d+f/vsCOfpobw==",
    ),
    (
        r#"{"dtype":"<u2","compressor":{"id":"gzip","level":6}}"#,
        "H4sIAIaxDWsA/+3QywpBURiA0b8UkWs45HJERwkjIxkZychIRkbe/yHUtl5C7W+9wRfxq0adJm16USYVexq06NBnSBHH5MSZLgNGTJixjEty5caYKXNK1lRxTx48WbBiw5Ydh3glbz5E/pf/5X/535/++wIqeAyeAAYAAA==",
    ),
    (
        r#"{"dtype":"<u2","compressor":{"id":"bz2","level":5}}"#,
        "QlpoNTFBWSZTWdJi8NMAAAD/AE+379+2XBBQQUEFBBAAMADYBhoZDTJoBiGmmjQ0YYaGQ0yaAYhppo0NGCaqIoTTJkGmNT1GTI9RmnqeuNqxLQYWFyjyXwGVzjK+IyugZXSOC6hqtF8xovoMr6jK+w9F9xqtF3DRd4ytwyvwO2t9NVov0t6xS1rwpleIzX7povIarSvOq/lPyORZrzXAf4bxhcF/x6DcMLnXqOI7Rhca9qbU40xW1bbUQvcXckU4UJDSYvDT",
    ),
    (
        r#"{"dtype":"<u2","compressor":{"id":"lz4","acceleration":1}}"#,
        "AAYAABMAAQATAwIAEwYCABMJAgATDAIAMQ8AHgIAEyQCABMqAgATBwIAEwoCABMNAgATEAIAExMCADEWACwCABMyAgATOAIAEw4CABMRAgATFAIAExcCABMaAgAxHQA6AgATQAIAE0YCABMVAgATGAIAExsCAAKuADMeACECADEkAEgCABNOAgATVAIAExwCABMfAgATIgIAEyUCABMoAgAxKwBWAgATXAIAE2ICAAM/AQM+AQ9AAf////+eUABUAFQA",
    ),
    (
        r#"{"dtype":"<u2","compressor":{"id":"zstd","level":3}}"#,
        "KLUv/WAABYUDADQDAAADBgkMDwAeJCoHCg0QExYALDI4DhEUFxodADpARhUYGx4hJABITlQcHyIlKCsAVlxiKiDwhd21DH144M4x4bLMl1mWfJmlaOPOMSfcOebEXTH5MsuSL7Ms87Zx55gTd445cVdMvpmBLOU7WCw=",
    ),
    (
        r#"{"dtype":"<u2","compressor":{"id":"lzma","format":1,"check":-1,"preset":null,"filters":null}}"#,
        "/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4AX/AFVdAABqfzsAe/VIvoR5EsF346WmULwmZPkwXdFDELDMCnKaPbYulLuzK+zqGVNP1HkD25h708uJDJZIVSVLvXkSAxi2v2CFismKt1iEBunbULvQ2qL+rgAAAAAAwH9hvGR2G+UAAXGADAAAAJMFG/ixxGf7AgAAAAAEWVo=",
    ),
    (
        r#"{"dtype":"<u2","compressor":{"id":"lzma","format":2,"check":-1,"preset":null,"filters":null}}"#,
        "XQAAgAD//////////wAAan87AHv1SL6EeRLBd+OlplC8JmT5MF3RQxCwzApymj22LpS7syvs6hlTT9R5A9uYe9PLiQyWSFUlS715EgMYtr9ghYrJirdYhAbp21C70NqpUzb///yj8oA=",
    ),
    (
        r#"{"dtype":"<u2","filters":[{"id":"delta","dtype":"<u2","astype":"<u2"}],"compressor":{"id":"zstd","level":3}}"#,
        "KLUv/WAABXUCAKgAAAMADwbd/xbW/x3P/yTI/yue/w8lINBrYQ19DH148IA4IizASCLBPSIswIgEwT0iLICRBME9IliAkQTBPU7EtiBGsECcXjxrMR4gFg==",
    ),
    (
        r#"{"dtype":"<i4","filters":[{"id":"delta","dtype":"<i4","astype":"<i4"}],"compressor":{"id":"lz4","acceleration":1}}"#,
        "AAwAABsAAQAfAxAAMBcPRAAXBgwAAAIADBAAQN3///8YAAQCAA+AADEUFk0AD3AAAAyAAB/WgABAER16AAICAAxwAAwQAB/PgABAEiR7AAECAAxwAAwQAB/IgABAESt6AAICAAxwAAwQAB+egABAD4AC////////////HVAAAAAAAA==",
    ),
    (
        r#"{"dtype":"<f8","filters":[{"id":"fixedscaleoffset","scale":1,"offset":0,"dtype":"<f8","astype":"<u2"}],"compressor":{"id":"zlib","level":1}}"#,
        "eAHt1DsKwkAUQNELgUgk/vCLn4gSQdTKSqysxMpKrKzc/yIkc2cRFjNnA8PlvQe+DOWoQCXqUQU1OqAWaqMO6qMhmnAKzuiCumiARmiK5mjFNbihOxqjGVogf1uxiWoewRO90BKt0Rbt0B4deQcf9EUxX6yXxXp5rFfEeiWpX+rXTGCav7S/zQX8l/v3Azn6aG8=",
    ),
    (
        r#"{"dtype":"<u2","filters":[{"id":"shuffle","elementsize":2}],"compressor":{"id":"zlib","level":1}}"#,
        "eAHt0r0KgzAAxPFAQWnxo2JtRW3EEkE0k5Nk6lQydZJMnXz/h+i/D9HJ/B7gOI4TQogDAhwRIZVSKowIcUKMM3JctdYzFiTIcMENFe7GmCdeKFCiBrGyg7LWvrGiQYsHegyYnHMfbKCe7+f3+9v/fv/y/AJ7XeALfFRobw==",
    ),
    (
        r#"{"dtype":"<u2","compressor":{"id":"zlib","level":6},"order":"F"}"#,
        "eJzNyr0KQQEYANBTishvuOTniq4SJpNMJplMMpm8/0N4hW+hbzvDoaFrbEFIsfW/X9MyMLUKKtuv6xiZ2wSV7Tf1TZS2QWX7bUMza7ugsv2ewlLlEFTp6OLuFdSvf+Xk6uEdVLa/d3bz9Akq2/8CZIBobw==",
    ),
    (
        r#"{"dtype":">u2","compressor":{"id":"zlib","level":6}}"#,
        "eJzt0M0KQVEYQNGvFBEX+e3iiq4SRkYyMpKRkYyMvP9DqNN6CXX2eoMdoQZN2nTpR5XUHGjRoceAEdM4JWcuFAwZM6NkFdfkxp0JcxZUbKjjkTx5sWTNlh17jvFOPnzJ//K//C//+9N/P9F9aG8=",
    ),
    (
        r#"{"dtype":"<f2","compressor":{"id":"zlib","level":6}}"#,
        "eJzt0NERgjAURNEthVLe+IEKhCQCfqeUVwqlpBRL0bjbBDPZ08DOBbSbjOQPwkQ+e/xLZJlwlyf5RFioigfPjb0Im8xkCyFQFV/Jom0NdipigbBSFb2NQ6Lf5735iB2ESFUs0SnIVHI5mirDm9D79X69X+930X5fLgbJ9A==",
    ),
];

/// The same of Zarr 3.
const THIRD: &[(&str, &str)] = &[
    (
        r#"{"data_type":"uint16","codecs":[{"name":"bytes","configuration":{"endian":"little"}},{"name":"zstd","configuration":{"level":0,"checksum":false}}]}"#,
        "KLUv/WAABYUDADQDAAADBgkMDwAeJCoHCg0QExYALDI4DhEUFxodADpARhUYGx4hJABITlQcHyIlKCsAVlxiKiDwhd21DH144M4x4bLMl1mWfJmlaOPOMSfcOebEXTH5MsuSL7Ms87Zx55gTd445cVdMvpmBLOU7WCw=",
    ),
    (
        r#"{"data_type":"uint16","codecs":[{"name":"bytes","configuration":{"endian":"little"}},{"name":"blosc","configuration":{"typesize":2,"cname":"blosclz","clevel":5,"shuffle":"bitshuffle","blocksize":0}}]}"#,
        "AgEEAgAGAAAABgAA1gAAABQAAACsAAAAJ/DwEAAPDw8A4AIH4AMLAACgG+AwExTwD/Dw/wAfDw/w7/AA/wAP8A/w8PDgQRMTDwAP/w8PD/AAD/8Q8A/wEP//8ODgQxMU/wDw//DwD+DwDwD/APD/4A//AB8P4EITEw8AAOAAAPAf//D//wD//wDw/wDg4EMTE/AAAAD/AADg/wAA4AAAAB8AAP8f4EQTAADgAADAZwHg/+AAEuAAe+AyEwAA4FIAAgAAAA4AAAAjAAAAAOD///IDAgAAAA==",
    ),
    (
        r#"{"data_type":"uint16","codecs":[{"name":"transpose","configuration":{"order":[1,0]}},{"name":"bytes","configuration":{"endian":"little"}},{"name":"zstd","configuration":{"level":0,"checksum":false}}]}"#,
        "KLUv/WAABa0EACKFEBgw0ebAmKjFixNToJic56IL8H4Lfz3EMwWXlJGOCstJyMZXKfnI6BZfQi2VaBh4jRDdbfU5FMRKm0JAK5Q5mJ06Bzcg8JUxG3ywwQcbfIByMHywwQ82+ADlYPhggw9QHuVg+MEGH2zwAcrB8MEGH2zwA5SD4YMNPtjgA5SD4YMbfLDBBygHwwcbfFA3mNID9pFI",
    ),
    (
        r#"{"data_type":"uint16","codecs":[{"name":"bytes","configuration":{"endian":"big"}},{"name":"gzip","configuration":{"level":5}}]}"#,
        "H4sIAIaxDWsA/+3QzQpBURhA0a8UERf57eKKrhJGRjIykpGRjIy8/0Oo03oJdfZ6gx2hBk3adOlHldQcaNGhx4AR0zglZy4UDBkzo2QV1+TGnQlzFlRsqOORPHmxZM2WHXuO8U4+fMn/8r/8L//7038/LfuFHgAGAAA=",
    ),
    (
        r#"{"data_type":"float16","codecs":[{"name":"bytes","configuration":{"endian":"little"}},{"name":"gzip","configuration":{"level":5}}]}"#,
        "H4sIAIaxDWsA/+3Q0RGCMBRE0S2FUt74gQqEJAJ+p5RXCqWkFEvRuNsEM9nTwM4FtJuM5A/CRD57/EtkmXCXJ/lEWKiKB8+NvQibzGQLIVAVX8mibQ12KmKBsFIVvY1Dot/nvfmIHYRIVSzRKchUcjmaKsOb0Pv1fr1f73fRfl9RnyTuAAYAAA==",
    ),
    (
        r#"{"data_type":"uint16","codecs":[{"name":"bytes","configuration":{"endian":"little"}},{"name":"numcodecs.bz2","configuration":{}}]}"#,
        "QlpoMTFBWSZTWdJi8NMAAAD/AE+379+2XBBQQUEFBBAAMADYBhoZDTJoBiGmmjQ0YYaGQ0yaAYhppo0NGCaqIoTTJkGmNT1GTI9RmnqeuNqxLQYWFyjyXwGVzjK+IyugZXSOC6hqtF8xovoMr6jK+w9F9xqtF3DRd4ytwyvwO2t9NVov0t6xS1rwpleIzX7povIarSvOq/lPyORZrzXAf4bxhcF/x6DcMLnXqOI7Rhca9qbU40xW1bbUQvcXckU4UJDSYvDT",
    ),
    (
        r#"{"data_type":"uint16","codecs":[{"name":"bytes","configuration":{"endian":"little"}},{"name":"numcodecs.lzma","configuration":{}}]}"#,
        "/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4AX/AFVdAABqfzsAe/VIvoR5EsF346WmULwmZPkwXdFDELDMCnKaPbYulLuzK+zqGVNP1HkD25h708uJDJZIVSVLvXkSAxi2v2CFismKt1iEBunbULvQ2qL+rgAAAAAAwH9hvGR2G+UAAXGADAAAAJMFG/ixxGf7AgAAAAAEWVo=",
    ),
    (
        r#"{"data_type":"uint16","codecs":[{"name":"bytes","configuration":{"endian":"little"}},{"name":"numcodecs.lz4","configuration":{}}]}"#,
        "AAYAABMAAQATAwIAEwYCABMJAgATDAIAMQ8AHgIAEyQCABMqAgATBwIAEwoCABMNAgATEAIAExMCADEWACwCABMyAgATOAIAEw4CABMRAgATFAIAExcCABMaAgAxHQA6AgATQAIAE0YCABMVAgATGAIAExsCAAKuADMeACECADEkAEgCABNOAgATVAIAExwCABMfAgATIgIAEyUCABMoAgAxKwBWAgATXAIAE2ICAAM/AQM+AQ9AAf////+eUABUAFQA",
    ),
    (
        r#"{"data_type":"uint16","codecs":[{"name":"numcodecs.delta","configuration":{"dtype":"<u2"}},{"name":"bytes","configuration":{"endian":"little"}},{"name":"zstd","configuration":{"level":0,"checksum":false}}]}"#,
        "KLUv/WAABXUCAKgAAAMADwbd/xbW/x3P/yTI/yue/w8lINBrYQ19DH148IA4IizASCLBPSIswIgEwT0iLICRBME9IliAkQTBPU7EtiBGsECcXjxrMR4gFg==",
    ),
    (
        r#"{"data_type":"uint16","codecs":[{"name":"bytes","configuration":{"endian":"little"}},{"name":"numcodecs.shuffle","configuration":{"elementsize":2}},{"name":"numcodecs.zlib","configuration":{}}]}"#,
        "eAHt0r0KgzAAxPFAQWnxo2JtRW3EEkE0k5Nk6lQydZJMnXz/h+i/D9HJ/B7gOI4TQogDAhwRIZVSKowIcUKMM3JctdYzFiTIcMENFe7GmCdeKFCiBrGyg7LWvrGiQYsHegyYnHMfbKCe7+f3+9v/fv/y/AJ7XeALfFRobw==",
    ),
    (
        r#"{"data_type":"uint16","codecs":[{"name":"sharding_indexed","configuration":{"chunk_shape":[12,16],"codecs":[{"name":"bytes","configuration":{"endian":"little"}},{"name":"zstd","configuration":{"level":0,"checksum":false}}],"index_codecs":[{"name":"bytes","configuration":{"endian":"little"}},{"name":"crc32c"}],"index_location":"end"}}]}"#,
        "KLUv/WCAABUCAKgAAAMGCQcKDRAOERQXFRgbHhwfIiUWANWRoQAIgHwgM5AF5AOZgSwgH8gMZAH5QGYgC8gHMgNZQD6QGciSy3cAWCi1L/1ggACtAgAEAg4AERQXFRgbHhwfIiUDBgkHCg0QDhEUFxUYGx4cHyIlIiDgxZoBdZTggTvHOHHnmBN3jjlx1zEn7hxz4s4xdVJ3L9w55sSdY064c8yJO3YsTLYBKLUv/WCAAHUCAAQCDAAPAB4kKhMWACwyOBodADpARiEkAEhOVCgrAFZcYgwWANWRoQDygcxACtAGuAOOASeAGJAPZAZSgDbAHXAMOAHEgHwgM5ACtBHmsCi1L/1ggAB1AgAEAhoAHQA6QEYhJABITlQoKwBWXGIMDwAeJCoTFgAsMjgaFgDVkaEA8oHMQArQBrgDjgEngBiQD2QGUoA2wB1wDDgBxIB8IDOQArQR5rAAAAAAAAAAAEwAAAAAAAAAqwAAAAAAAABYAAAAAAAAAEwAAAAAAAAAXwAAAAAAAAADAQAAAAAAAFgAAAAAAAAA7oRQyg==",
    ),
];

fn write(path: &Path, bytes: impl AsRef<[u8]>) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

fn multiscales(version: &str, axes: &Value) -> Value {
    let datasets = json!([{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": [1, 1]}]}]);
    let mut one = json!({"version": version, "datasets": datasets});
    if !axes.is_null() {
        one["axes"] = axes.clone();
    }
    json!([one])
}

fn y_and_x() -> Value {
    json!([{"name": "y", "type": "space"}, {"name": "x", "type": "space"}])
}

/// The image at `folder` has the numbers of all these arrays.
fn check(folder: &Path, told: &str) {
    let opened = open(folder).unwrap_or_else(|error| panic!("{told}: {error}"));
    let pixels = opened.page(0).unwrap().read(Region::new(0, Rect::from_size(SIZE)));
    let pixels = pixels.unwrap_or_else(|error| panic!("{told}: {error}"));
    let found: Vec<f64> =
        each_type!(pixels.samples(), all => all.iter().map(|value| f64::from(value.to_f32())).collect());
    let expected: Vec<f64> = (0..24).flat_map(|y| (0..32).map(move |x| number(x, y))).collect();
    assert_eq!(found, expected, "{told}");
}

#[test]
fn chunks_of_zarr_2_come_back() {
    for (told, chunk) in SECOND {
        let folder = tempfile::tempdir().unwrap();
        let mut array: Value = serde_json::from_str(told).unwrap();
        (array["shape"], array["chunks"]) = (json!([24, 32]), json!([24, 32]));
        write(&folder.path().join("0/.zarray"), array.to_string());
        write(&folder.path().join("0/0.0"), base64::engine::general_purpose::STANDARD.decode(chunk).unwrap());
        write(&folder.path().join(".zattrs"), json!({"multiscales": multiscales("0.4", &y_and_x())}).to_string());
        check(folder.path(), told);
    }
}

#[test]
fn chunks_of_zarr_3_come_back() {
    for (told, chunk) in THIRD {
        let folder = tempfile::tempdir().unwrap();
        let mut array: Value = serde_json::from_str(told).unwrap();
        array["shape"] = json!([24, 32]);
        array["chunk_grid"] = json!({"name": "regular", "configuration": {"chunk_shape": [24, 32]}});
        write(&folder.path().join("0/zarr.json"), array.to_string());
        write(&folder.path().join("0/c/0/0"), base64::engine::general_purpose::STANDARD.decode(chunk).unwrap());
        let ome = json!({"version": "0.5", "multiscales": multiscales("0.5", &y_and_x())});
        write(&folder.path().join("zarr.json"), json!({"node_type": "group", "attributes": {"ome": ome}}).to_string());
        check(folder.path(), told);
    }
}

#[test]
fn early_versions_name_axes_briefly_or_not_at_all() {
    for (version, axes) in [
        ("0.1", Value::Null),
        ("0.2", Value::Null),
        ("0.3", json!(["t", "c", "z", "y", "x"])),
        ("0.4", json!(["t", "c", "z", "y", "x"].map(|name| json!({"name": name})))),
    ] {
        let folder = tempfile::tempdir().unwrap();
        // The first one numbers chunks with dots, the others with slashes.
        let (separator, name) = if version == "0.1" { (".", "0/0.0.0.0.0") } else { ("/", "0/0/0/0/0/0") };
        let array = json!({"shape": [1, 1, 1, 24, 32], "chunks": [1, 1, 1, 24, 32], "dtype": "|u1", "compressor": null,
            "dimension_separator": separator});
        write(&folder.path().join("0/.zarray"), array.to_string());
        let bytes: Vec<u8> = (0..24).flat_map(|y| (0..32).map(move |x| number(x, y) as u8)).collect();
        write(&folder.path().join(name), bytes);
        write(&folder.path().join(".zattrs"), json!({"multiscales": multiscales(version, &axes)}).to_string());
        check(folder.path(), version);
    }
}

#[test]
fn steps_that_nobody_undoes_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let array = json!({"shape": [24, 32], "chunks": [24, 32], "dtype": "<u2", "compressor": {"id": "jpegxr"}});
    write(&folder.path().join("0/.zarray"), array.to_string());
    write(&folder.path().join(".zattrs"), json!({"multiscales": multiscales("0.4", &y_and_x())}).to_string());
    let error = open(folder.path()).err().unwrap().to_string();
    assert!(error.contains("jpegxr"), "{error}");
}

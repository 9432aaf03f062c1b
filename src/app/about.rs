//! What the About dialog tells: version, system, licenses.

/// Its own license.
pub(super) const LICENSE: &str = include_str!("../../LICENSE");

/// The packages that the program is built from: name, version and license of each, separated by tabs.
const PACKAGES: &str = include_str!("../../assets/third-party.txt");

/// Fonts: name, license, author.
pub(super) const FONTS: [(&str, &str); 3] = [
    ("Inter", "SIL Open Font License 1.1, The Inter Project Authors"),
    ("JetBrains Mono", "SIL Open Font License 1.1, The JetBrains Mono Project Authors"),
    ("Lucide", "ISC License, Lucide Contributors"),
];

/// Name, version and license of each package.
pub(super) fn packages() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    PACKAGES.lines().filter_map(|line| {
        let mut parts = line.split('\t');
        Some((parts.next()?, parts.next()?, parts.next()?))
    })
}

/// Version and system, a line for each.
pub(super) fn version_text() -> String {
    let (version, system) = (env!("CARGO_PKG_VERSION"), std::env::consts::OS);
    format!("Mosaicist {version}\nSystem: {system} {}", std::env::consts::ARCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_package_is_listed_with_its_license() {
        let known: std::collections::HashSet<&str> = packages().map(|(name, ..)| name).collect();
        let lock = include_str!("../../Cargo.lock");
        for package in lock.split("[[package]]").skip(1).filter(|package| package.contains("source = ")) {
            let name = package.lines().find_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"')).unwrap();
            assert!(known.contains(name), "{name}: renew assets/third-party.txt with assets/third-party.sh");
        }
        assert!(packages().all(|(_, version, license)| !version.is_empty() && license.len() > 2));
    }
}

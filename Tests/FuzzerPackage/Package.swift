// swift-tools-version: 6.2

import PackageDescription

let interleave = Target.Dependency.product(name: "Interleave", package: "Interleave")

// A package as a user's is, with a target for libFuzzer. That has no `main` of its own, and so is
// built by `swift build --product FuzzVault --sanitize=fuzzer` alone, as `.ci/fuzzer` does, which
// lets it find what needs an input and an interleaving. The test replays what it has kept.
let package = Package(
  name: "FuzzerPackage",
  products: [.executable(name: "FuzzVault", targets: ["FuzzVault"])],
  dependencies: [.package(name: "Interleave", path: "../..")],
  targets: [
    .target(name: "Vault"),
    .executableTarget(name: "FuzzVault", dependencies: ["Vault", interleave]),
    .testTarget(name: "VaultTests", dependencies: ["Vault", interleave]),
  ])

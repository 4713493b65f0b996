// swift-tools-version: 6.2

import PackageDescription

// A package as a user's is, that is tested with the compiler's sanitizers, without them, and
// in other ways in which tests can be built. `.ci/builds` does so.
let package = Package(
  name: "SanitizedPackage",
  dependencies: [.package(name: "Interleave", path: "../..")],
  targets: [
    .testTarget(
      name: "SanitizedTests",
      dependencies: [.product(name: "Interleave", package: "Interleave")])
  ])

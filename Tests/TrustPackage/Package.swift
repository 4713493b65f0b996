// swift-tools-version: 6.2

import PackageDescription

let interleave = Target.Dependency.product(name: "Interleave", package: "Interleave")

// A package as a user's is, whose fuzzed tests crash, hang, fail and pass beside busy
// ordinary ones. `.ci/trust` runs it again and again: nothing about it must change.
let package = Package(
  name: "TrustPackage",
  dependencies: [.package(name: "Interleave", path: "../..")],
  targets: [
    .testTarget(name: "TrustTests", dependencies: [interleave]),
    .testTarget(name: "TrustXCTests", dependencies: [interleave]),
  ])

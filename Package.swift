// swift-tools-version: 6.2

import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
  name: "Interleave",
  products: [
    .library(name: "Interleave", targets: ["Interleave"]),
    .executable(name: "interleave", targets: ["InterleaveCommand"]),
    .plugin(name: "InterleavePlugin", targets: ["InterleavePlugin"]),
  ],
  targets: [
    .target(name: "CInterleave"),
    .target(name: "InterleaveEngine", dependencies: ["CInterleave"], swiftSettings: strict),
    .target(
      name: "Interleave", dependencies: ["CInterleave", "InterleaveEngine"], swiftSettings: strict),
    .target(name: "Examples", dependencies: ["Interleave"], swiftSettings: strict),
    .executableTarget(
      name: "InterleaveCommand", dependencies: ["Interleave", "Examples"], swiftSettings: strict),
    .plugin(
      name: "InterleavePlugin",
      capability: .command(
        intent: .custom(
          verb: "interleave",
          description:
            "List, show, verify, prune and replay what the corpus keeps, and fuzz at length"
        ),
        permissions: [
          .writeToPackageDirectory(reason: "Failures are kept in the corpus, and deleted from it.")
        ]),
      path: "Sources/InterleavePlugin"),
    .target(name: "InterleaveBugs", swiftSettings: strict),
    .target(
      name: "InterleaveAtomicBugs", dependencies: ["InterleaveBugs"], swiftSettings: strict),
    .target(name: "CAllocations"),
    .executableTarget(
      name: "InterleaveBenchmarks",
      dependencies: [
        "CAllocations", "Interleave", "InterleaveAtomicBugs", "InterleaveBugs", "InterleaveEngine",
        "Examples",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "InterleaveEngineTests",
      dependencies: ["InterleaveAtomicBugs", "InterleaveBugs", "InterleaveEngine"],
      swiftSettings: strict),
    .executableTarget(
      name: "InterleaveProgram", dependencies: ["Interleave"], path: "Tests/InterleaveProgram",
      swiftSettings: strict),
    .executableTarget(
      name: "EditedExamples", path: "Tests/EditedExamples", exclude: ["Runner"],
      swiftSettings: strict),
    .testTarget(
      name: "InterleaveTests",
      dependencies: ["Interleave", "InterleaveBugs", "InterleaveProgram", "InterleaveBenchmarks"],
      exclude: ["Report/Golden"], swiftSettings: strict),
    .testTarget(name: "ReadmeTests", dependencies: ["Interleave"], swiftSettings: strict),
    .testTarget(
      name: "InterleaveCommandTests", dependencies: ["InterleaveCommand", "InterleaveProgram"],
      swiftSettings: strict),
    .testTarget(name: "InterleaveXCTests", dependencies: ["Interleave"], swiftSettings: strict),
    .testTarget(
      name: "ExamplesTests", dependencies: ["Examples", "Interleave", "InterleaveCommand"],
      swiftSettings: strict),
  ]
)

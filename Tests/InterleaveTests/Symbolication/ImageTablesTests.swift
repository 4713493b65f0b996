#if os(Linux) && (arch(x86_64) || arch(arm64))
  import Foundation
  import Testing

  @testable import Interleave

  @Suite struct ImageTablesTests {
    /// Some place in this program's own code.
    private func here() throws -> UInt {
      let image = try program()
      let callers = Thread.callStackReturnAddresses.map(\.uintValue)
      return try #require(callers.first { image.range.contains($0) })
    }

    private func program() throws -> LoadedImage {
      let function: @convention(c) () -> Void = {}
      let address = UInt(bitPattern: unsafeBitCast(function, to: UnsafeRawPointer.self))
      return try withTurn { _ in try #require(LoadedImage(at: address)) }
    }

    /// Files are mapped by nobody else meanwhile.
    private func withTurn<Result, Failure: Error>(
      _ body: (inout ImageTables) throws(Failure) -> Result
    ) throws(Failure) -> Result {
      try ProgramSymbols.withTurn { _ throws(Failure) in
        var tables = ImageTables()
        return try body(&tables)
      }
    }

    /// Where tests are built as a library that a runner loads, the toolchain tells nothing of it.
    private func isReadByToolchain(_ address: UInt) throws -> Bool {
      let image = try program()
      let executable = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
      return !image.range.contains(address) || image.path == executable
    }

    private func expectToolchainsFrames(at addresses: [UInt]) throws {
      let areRead = try addresses.map(isReadByToolchain)
      withTurn { tables in
        let found = tables.frames(at: addresses)
        let expected = ToolchainSymbols().frames(at: addresses)
        for (index, address) in addresses.enumerated() {
          guard let frames = found[index] else { continue }
          guard areRead[index] || !expected[index].frames.isEmpty else { continue }
          #expect(frames == expected[index], "at \(String(address, radix: 16))")
        }
      }
    }

    @Test func allOverThisProgramTheyAgreeWithTheToolchain() throws {
      let range = try program().range
      let step = UInt(range.count / 40)
      let addresses = (1..<40).map { range.lowerBound + $0 * step }
      #expect(withTurn { $0.frames(at: addresses).allSatisfy { $0 != nil } })
      try expectToolchainsFrames(at: addresses)
    }

    @Test func inOtherImagesTheyAgreeWithTheToolchain() throws {
      let callers = Thread.callStackReturnAddresses.map(\.uintValue)
      let names = ["swift_retain", "swift_task_create", "malloc", "dispatch_main"]
      let functions = names.compactMap { dlsym(nil, $0).map { UInt(bitPattern: $0) } }
      #expect(functions.count > 2)
      try expectToolchainsFrames(at: callers + functions)
    }

    @Test func functionsOfTheRuntimeAreFound() throws {
      let retain = try #require(dlsym(nil, "swift_retain"))
      let frames = withTurn { $0.frames(at: [UInt(bitPattern: retain)])[0] }
      #expect(frames?.function == "swift_retain")
    }

    @Test func whereThereIsNoImageThereAreNoFrames() {
      let none = AddressFrames()
      #expect(withTurn { $0.frames(at: [0, 16, .max]) } == [none, none, none])
    }

    @Test func anImageThatIsOpenedLaterIsFound() throws {
      let here = try here()
      try withTurn { tables in
        #expect(tables.frames(at: [here])[0]?.userFrame?.file == #filePath)
        let image = try #require(dlopen("libswiftDistributed.so", RTLD_NOW))
        let function = try #require(dlsym(image, "swift_distributed_execute_target"))
        let frames = tables.frames(at: [UInt(bitPattern: function)])[0]
        #expect(frames?.function == "swift_distributed_execute_target")
      }
    }

    @Test func whatIsPreparedIsNotReadAgain() throws {
      let here = try here()
      withTurn { tables in
        tables.prepare()
        #expect(tables.images.count == 1)
        _ = tables.frames(at: [here, here + 1])
        #expect(tables.images.count == 1)
      }
    }
  }
#endif

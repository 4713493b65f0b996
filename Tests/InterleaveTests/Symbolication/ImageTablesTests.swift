#if os(Linux)
  import Foundation
  import Testing

  @testable import Interleave

  @Suite struct ImageTablesTests {
    /// Some place in this program.
    private let here = Thread.callStackReturnAddresses[0].uintValue

    private func expectToolchainsFrames(at addresses: [UInt]) {
      var tables = ImageTables()
      let found = tables.frames(at: addresses)
      let expected = ProgramSymbols.withTurn { _ in ToolchainSymbols().frames(at: addresses) }
      for (index, address) in addresses.enumerated() {
        guard let frames = found[index] else { continue }
        #expect(frames == expected[index], "at \(String(address, radix: 16))")
      }
    }

    @Test func allOverThisProgramTheyAgreeWithTheToolchain() throws {
      let image = try #require(LoadedImage(at: here))
      let step = UInt(image.range.count / 40)
      let addresses = (1..<40).map { image.range.lowerBound + $0 * step }
      var tables = ImageTables()
      #expect(tables.frames(at: addresses).allSatisfy { $0 != nil })
      expectToolchainsFrames(at: addresses)
    }

    @Test func inOtherImagesTheyAgreeWithTheToolchain() {
      let callers = Thread.callStackReturnAddresses.map(\.uintValue)
      let names = ["swift_retain", "swift_task_create", "malloc", "dispatch_async"]
      let functions = names.compactMap { dlsym(nil, $0).map { UInt(bitPattern: $0) } }
      #expect(functions.count > 2)
      expectToolchainsFrames(at: callers + functions)
    }

    @Test func functionsOfTheRuntimeAreFound() throws {
      let retain = try #require(dlsym(nil, "swift_retain"))
      var tables = ImageTables()
      let frames = try #require(tables.frames(at: [UInt(bitPattern: retain)])[0])
      #expect(frames.function == "swift_retain")
    }

    @Test func noImageHasNoFrames() {
      var tables = ImageTables()
      #expect(
        tables.frames(at: [0, 16, .max]) == [AddressFrames(), AddressFrames(), AddressFrames()])
    }

    @Test func anImageThatIsOpenedLaterIsFound() throws {
      var tables = ImageTables()
      #expect(tables.frames(at: [here])[0]?.userFrame != nil)
      let image = try #require(dlopen("libswiftDistributed.so", RTLD_NOW))
      let function = try #require(dlsym(image, "swift_distributed_execute_target"))
      let frames = try #require(tables.frames(at: [UInt(bitPattern: function)])[0])
      #expect(frames.function == "swift_distributed_execute_target")
    }

    @Test func whatIsPreparedIsNotReadAgain() {
      var tables = ImageTables()
      tables.prepare()
      #expect(tables.images.count == 1)
      _ = tables.frames(at: [here, here + 1])
      #expect(tables.images.count == 1)
    }
  }
#endif

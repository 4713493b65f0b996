import Dispatch
import Foundation
import InterleaveEngine
import Testing

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#endif

/// Time and randomness by every way in which a program comes by them.
@Suite struct EnvironmentTests {
  // MARK: Time

  private static func time(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }

  /// The time by every clock, in milliseconds.
  private static func times() -> [String: Int64] {
    var day = timeval()
    gettimeofday(&day, nil)
    var standard = timespec()
    timespec_get(&standard, TIME_UTC)
    var times: [String: Int64] = [
      "Date": Int64((Date().timeIntervalSince1970 * 1000).rounded()),
      "Date.now": Int64((Date.now.timeIntervalSinceReferenceDate * 1000).rounded()),
      "CFAbsoluteTime": Int64((NSDate().timeIntervalSinceReferenceDate * 1000).rounded()),
      "DispatchTime": Int64(DispatchTime.now().uptimeNanoseconds / 1_000_000),
      "systemUptime": Int64((ProcessInfo.processInfo.systemUptime * 1000).rounded()),
      "gettimeofday": Int64(day.tv_sec) * 1000 + Int64(day.tv_usec) / 1000,
      "timespec_get": Int64(standard.tv_sec) * 1000 + Int64(standard.tv_nsec) / 1_000_000,
      "clock": Int64(clock()) * 1000 / Int64(CLOCKS_PER_SEC),
      "realtime": time(CLOCK_REALTIME), "monotonic": time(CLOCK_MONOTONIC),
      "raw": time(CLOCK_MONOTONIC_RAW), "process": time(CLOCK_PROCESS_CPUTIME_ID),
      "thread": time(CLOCK_THREAD_CPUTIME_ID),
    ]
    #if os(Linux)
      times["boot"] = time(CLOCK_BOOTTIME)
      times["coarse"] = time(CLOCK_REALTIME_COARSE)
      times["TAI"] = time(CLOCK_TAI)
    #endif
    return times
  }

  @Test func everyClockMovesWithTheRunAndWithNothingElse() async throws {
    let values = try await forEverySeed(5) {
      let before = Self.times()
      try await Task.sleep(for: .milliseconds(2500))
      let after = Self.times()
      return before.keys.sorted().map { "\($0) \((after[$0] ?? 0) - (before[$0] ?? 0))" }
    }
    let names = Self.times().keys.sorted()
    #expect(values.first == names.map { "\($0) 2500" })
    #expect(Set(values).count == 1)
  }

  @Test func everyClockBeginsAtTheSameMomentInEveryRun() async throws {
    let values = try await forEverySeed(5) {
      Self.times().map { "\($0) \($1)" }.sorted()
    }
    #expect(Set(values).count == 1)
  }

  @Test func theTimeInSecondsIsTheRunsOwn() async throws {
    let values = try await forEverySeed(3) { Int64(secondsByTime()) }
    #expect(Set(values) == [try calendarOrigin()])
  }

  @Test func aWallClockDeadlineIsMetByTheWallClock() async throws {
    let values = try await forEverySeed(3) {
      let deadline = Date(timeIntervalSinceNow: 60)
      try await Task.sleep(for: .seconds(59))
      let isEarly = Date() < deadline
      try await Task.sleep(for: .seconds(1))
      return [isEarly, Date() < deadline]
    }
    #expect(Set(values) == [[true, false]])
  }

  @Test func whatBlocksItsThreadMovesTheRunsClocks() async throws {
    let values = try await forEverySeed(1) {
      let clock = ContinuousClock()
      let began = clock.now
      block()
      return clock.now - began
    }
    #expect(values == [.milliseconds(19)])
  }

  @Test func timersMayFireInTheOrderOfDeadlinesWhileWorkWaits() async throws {
    var settings = MachineSettings()
    settings.time = .adversarial
    let values = try await forEverySeed(40, settings: settings) {
      let log = Log()
      await withTaskGroup { group in
        for seconds in [2, 1] {
          group.addTask {
            try? await Task.sleep(for: .seconds(seconds))
            await log.add("\(seconds)")
          }
        }
        group.addTask {
          for _ in 0..<3 { await Task.yield() }; await log.add("work")
        }
      }
      return await log.lines
    }
    // A timer never comes before an earlier one, but either may come before the work.
    #expect(values.contains(["work", "1", "2"]))
    #expect(values.contains { $0.first != "work" })
  }

  // MARK: Randomness

  /// Random numbers by every way.
  private static func draws() -> [String] {
    var system = SystemRandomNumberGenerator()
    var bytes = [UInt8](repeating: 0, count: 5)
    var entropy = bytes
    var kernel = bytes
    arc4random_buf(&bytes, bytes.count)
    getentropy(&entropy, entropy.count)
    kernelRandom(&kernel, kernel.count, 0)
    return [
      "\(Int.random(in: 0..<Int.max))", "\(Double.random(in: 0..<1))", "\(system.next())",
      UUID().uuidString, NSUUID().uuidString, ProcessInfo.processInfo.globallyUniqueString,
      "\(Array(0..<50).shuffled())", "\(arc4random())", "\(bytes)",
      "\(arc4random_uniform(1_000_000_000))", "\(entropy)", "\(kernel)", "\(random())",
      "\(rand())", "\(drand48())", "\(lrand48())", "\(mrand48())", "\(device())",
      "\(deviceByFoundation())", "\(deviceAsStream())",
    ]
  }

  private static func device() -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 8)
    let file = open("/dev/urandom", O_RDONLY)
    let count = read(file, &bytes, bytes.count)
    close(file)
    return count == bytes.count ? bytes : []
  }

  private static func deviceByFoundation() -> [UInt8] {
    guard let handle = FileHandle(forReadingAtPath: "/dev/urandom") else { return [] }
    defer { try? handle.close() }
    return (try? handle.read(upToCount: 8)).map { Array($0) } ?? []
  }

  private static func deviceAsStream() -> [UInt8] {
    guard let stream = fopen("/dev/random", "r") else { return [] }
    defer { fclose(stream) }
    var bytes = [UInt8](repeating: 0, count: 8)
    return fread(&bytes, 1, 8, stream) == 8 ? bytes : []
  }

  @Test func everySourceOfRandomnessBelongsToTheRun() async throws {
    let values = try await forEverySeed(5) { Self.draws() }
    for index in values[0].indices {
      #expect(Set(values.map { $0[index] }).count == 1, "source \(index)")
    }
    #expect(Set(values[0]).count == values[0].count, "no two draw the same")
    #expect(!values[0].contains("[]"), "\(values[0])")
  }

  @Test func everySourceFollowsTheSeedOfTheRun() async throws {
    var settings = MachineSettings()
    settings.environmentSeed = 1
    let first = try await controlled(settings: settings) { Self.draws() }.value?.get() ?? []
    settings.environmentSeed = 2
    let second = try await controlled(settings: settings) { Self.draws() }.value?.get() ?? []
    let same = zip(first, second).enumerated().filter { $0.element.0 == $0.element.1 }
    #expect(same.isEmpty, "\(same)")
    #expect(!first.isEmpty)
  }

  @Test func outsideOfRunsRandomnessIsTheSystems() {
    let pairs = zip(Self.draws(), Self.draws()).enumerated()
    let same = pairs.filter { $0.element.0 == $0.element.1 }
    #expect(same.isEmpty, "\(same)")
  }

  @Test func aGeneratorThatTheProgramSeedsRepeats() async throws {
    let values = try await forEverySeed(2) {
      srandom(7)
      let first = [random(), random()]
      srandom(7)
      let second = [random(), random()]
      srand48(7)
      let third = drand48()
      srand48(7)
      return first == second && third == drand48()
    }
    #expect(Set(values) == [true])
  }

  // MARK: Hashing

  @Test func hashesAreTheSameInEveryProcess() {
    var hasher = Hasher()
    hasher.combine("Interleave")
    hasher.combine(42)
    #expect(hasher.finalize() == 2_642_874_845_433_274_696)
    #expect("a".hashValue == "a".hashValue)
  }
}

/// `getrandom`, which the C library's module does not declare.
private func kernelRandom(_ buffer: UnsafeMutableRawPointer, _ count: Int, _ flags: UInt32) {
  typealias Function = @convention(c) (UnsafeMutableRawPointer, Int, UInt32) -> Int
  guard let symbol = dlsym(UnsafeMutableRawPointer(bitPattern: 0), "getrandom") else { return }
  _ = unsafeBitCast(symbol, to: Function.self)(buffer, count, flags)
}

/// Blocks the thread in five ways, for 2 + 3 + 5 + 4 + 5 milliseconds.
private func block() {
  Thread.sleep(forTimeInterval: 0.002)
  usleep(3000)
  var short = timespec(tv_sec: 0, tv_nsec: 5_000_000)
  nanosleep(&short, nil)
  var moment = timespec()
  clock_gettime(CLOCK_MONOTONIC, &moment)
  moment.tv_nsec += 4_000_000
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &moment, nil)
  clock_nanosleep(CLOCK_MONOTONIC, 0, &short, nil)
}

/// What `time` says; the suite has a function of the same name.
private func secondsByTime() -> Int64 { Int64(time(nil)) }

private actor Log {
  private(set) var lines: [String] = []
  func add(_ line: String) { lines.append(line) }
}

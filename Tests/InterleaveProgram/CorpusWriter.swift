import Foundation
import Interleave
import Synchronization

/// Writes to a corpus, for tests that kill it, take its disk away, or look at what it needs.
struct CorpusWriter {
  private let folder: String

  /// Does what the arguments of the program say; returns where they say nothing.
  static func runIfAsked(_ arguments: [String]) {
    guard arguments.count > 2 else { return }
    let writer = CorpusWriter(folder: arguments[2])
    let number = arguments.count > 3 ? Int(arguments[3]) ?? 0 : 0
    switch arguments[1] {
    case "write-forever": writer.writeForever()
    case "write-until-call": writer.write(dyingAt: number)
    case "write-limited": writer.write(bytes: number)
    case "write": writer.write(seed: UInt64(number))
    case "read": writer.read()
    default: return
    }
    exit(0)
  }

  /// How many entries there are that are written again and again.
  private static let entries = 6

  private func entry(_ number: Int, seed: UInt64) -> CorpusEntry {
    let name = CorpusEntry.TestName(suite: "Writers", name: "test\(number % 2)()")
    return CorpusEntry(
      test: name, signature: FailureSignature(kind: .crash, place: "x.swift"), message: "m",
      seed: seed, inputs: ["\(number)"],
      words: (0..<(number * 40)).map { "\($0)  task 0.\($0)  Bank.withdraw(_:)" })
  }

  /// Writes entries, deletes them, and writes them again, with a byte to standard output before
  /// each call to the system.
  private func writeForever() -> Never {
    let store = store(before: { FileHandle.standardOutput.write(Data([0x2E])) })
    var count = 0
    while true {
      let entry = entry(count % Self.entries, seed: UInt64(count))
      switch store.save(entry) {
      case .written(let path), .alreadyThere(let path): unlink(path)
      case .notAllowed, .failed: exit(1)
      }
      // The next writer's own is to be there when this one is killed.
      _ = store.save(entry)
      count += 1
    }
  }

  /// Writes one entry, and kills itself ahead of a call to the system.
  private func write(dyingAt last: Int) {
    let calls = Atomic(0)
    let store = store(before: {
      if calls.add(1, ordering: .relaxed).newValue == last { kill(getpid(), SIGKILL) }
    })
    tell(store, entry(Self.entries - 1, seed: 1))
  }

  /// Writes one entry where no file may have more than so many bytes.
  private func write(bytes: Int) {
    signal(SIGXFSZ, SIG_IGN)
    var limit = rlimit(rlim_cur: rlim_t(bytes), rlim_max: rlim_t(bytes))
    #if canImport(Glibc)
      let isSet = setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
    #else
      let isSet = setrlimit(RLIMIT_FSIZE, &limit)
    #endif
    guard isSet == 0 else { exit(2) }
    write(seed: 1)
  }

  private func write(seed: UInt64) {
    tell(store(before: {}), entry(Self.entries - 1, seed: seed))
  }

  /// Reads the entries of one test, and tells what each is and how much memory it took, in
  /// megabytes.
  private func read() {
    do {
      for file in try store(before: {}).files(of: entry(0, seed: 0).test) {
        switch file.entry {
        case .success(let entry): print("\(file.path): \(entry.deviations.count) deviation(s)")
        case .failure(let error): print(error)
        }
      }
    } catch {
      print(error)
    }
    print("memory \(Self.mostMemory)")
  }

  /// The most memory that the process had at any time, in megabytes.
  private static var mostMemory: Int {
    #if canImport(Glibc)
      // What `getrusage` tells counts the process from which this one was forked.
      let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
      let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
      return line?.split(separator: " ").compactMap { Int($0) }.first.map { $0 / 1024 } ?? .max
    #else
      var usage = rusage()
      getrusage(RUSAGE_SELF, &usage)
      return Int(usage.ru_maxrss) / 1024 / 1024
    #endif
  }

  /// Saves an entry, and tells what came of it.
  private func tell(_ store: CorpusStore, _ entry: CorpusEntry) {
    switch store.save(entry) {
    case .written: print("written")
    case .alreadyThere: print("already there")
    case .notAllowed: print("not allowed")
    case .failed(_, let reason, let content):
      print("failed: \(reason); content \(content == entry.json() ? "handed back" : "lost")")
    }
  }

  /// The store, with writes in small portions.
  private func store(before call: @escaping @Sendable () -> Void) -> CorpusStore {
    let system = FileCalls.system
    var calls = system
    calls.write = { descriptor, bytes in
      call()
      let portion = bytes.prefix(2_048)
      return system.write(descriptor, UnsafeRawBufferPointer(rebasing: portion))
    }
    calls.sync = { descriptor in
      call()
      return system.sync(descriptor)
    }
    calls.rename = { old, new in
      call()
      return system.rename(old, new)
    }
    let plan = CorpusPlan(folder: folder, packageRoot: nil, writes: true)
    return CorpusStore(plan, calls: calls)
  }
}

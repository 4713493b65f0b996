import Synchronization
import Testing

extension CorrectProgram {
  /// Programs in which tasks wait for each other.
  static let waiting = [
    CorrectProgram("a semaphore lets no more in than it has places") {
      let semaphore = Semaphore(places: 2)
      let room = Room()
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<4 {
          group.addTask {
            await semaphore.wait()
            await room.enter()
            await room.leave()
            await semaphore.signal()
          }
        }
      }
      #expect(await room.most <= 2)
      #expect(await room.visits == 4)
    },
    CorrectProgram("a stream hands over every element in order") {
      let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
      async let received = stream.reduce(into: [Int]()) { $0.append($1) }
      let pace = Counter()
      for number in 1...4 {
        await pace.increment()
        continuation.yield(number)
      }
      continuation.finish()
      #expect(await received == [1, 2, 3, 4])
    },
    CorrectProgram("a throwing stream throws after its last element") {
      let (stream, continuation) = AsyncThrowingStream.makeStream(of: Int.self)
      let producer = Task {
        for number in 1...2 {
          continuation.yield(number)
          await Task.yield()
        }
        continuation.finish(throwing: Broken())
      }
      var received: [Int] = []
      await #expect(throws: Broken.self) {
        for try await number in stream { received.append(number) }
      }
      #expect(received == [1, 2])
      await producer.value
    },
    CorrectProgram("two producers lose nothing in one stream") {
      let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
      async let sum = stream.reduce(0, +)
      let pace = Counter()
      await withTaskGroup(of: Void.self) { group in
        for base in [1, 10] {
          group.addTask {
            for _ in 0..<2 {
              await pace.increment()
              continuation.yield(base)
            }
          }
        }
      }
      continuation.finish()
      #expect(await sum == 22)
    },
    CorrectProgram("a bounded channel holds its producer back") {
      let channel = Channel(capacity: 1)
      async let received = channel.take(4)
      for number in 1...4 { await channel.send(number) }
      #expect(await received == [1, 2, 3, 4])
      #expect(await channel.most <= 1)
    },
    CorrectProgram("a barrier opens when all have come") {
      let barrier = Barrier(parties: 3)
      let arrived = Counter()
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<3 {
          group.addTask {
            await arrived.increment()
            await barrier.wait()
            #expect(await arrived.value == 3)
          }
        }
      }
    },
    CorrectProgram("of two sleeps that are far apart, the short one ends first") {
      let order = Semaphore(places: 1)
      let winner = try await withThrowingTaskGroup(of: String.self) { group in
        group.addTask {
          try await Task.sleep(for: .milliseconds(100))
          await order.wait()
          await order.signal()
          return "work"
        }
        group.addTask {
          try await Task.sleep(for: .seconds(3_600))
          return "timeout"
        }
        defer { group.cancelAll() }
        return try await group.next()
      }
      #expect(winner == "work")
    },
    CorrectProgram("a clock never runs back, and a sleep is never short") {
      let clock = ContinuousClock()
      await withTaskGroup(of: Void.self) { group in
        for milliseconds in [5, 7] {
          group.addTask {
            let began = clock.now
            try? await Task.sleep(for: .milliseconds(milliseconds))
            #expect(clock.now - began >= .milliseconds(milliseconds))
          }
        }
      }
    },
    CorrectProgram("a cancelled wait is resumed once, by whoever comes first") {
      let signal = CancellableSignal()
      let waiter = Task { await signal.wait() }
      async let fired: Void = signal.fire()
      waiter.cancel()
      await fired
      #expect(["fired", "cancelled"].contains(await waiter.value))
    },
  ]
}

private struct Broken: Error {}

private actor Semaphore {
  private var places: Int
  private var line: [CheckedContinuation<Void, Never>] = []

  init(places: Int) { self.places = places }

  func wait() async {
    guard places == 0 else {
      places -= 1
      return
    }
    await withCheckedContinuation { line.append($0) }
  }

  func signal() {
    if line.isEmpty { places += 1 } else { line.removeFirst().resume() }
  }
}

private actor Room {
  private(set) var most = 0
  private(set) var visits = 0
  private var present = 0

  func enter() {
    present += 1
    visits += 1
    most = max(most, present)
  }

  func leave() { present -= 1 }
}

private actor Channel {
  private(set) var most = 0
  private let capacity: Int
  private var buffer: [Int] = []
  private var senders: [CheckedContinuation<Void, Never>] = []
  private var receivers: [CheckedContinuation<Void, Never>] = []

  init(capacity: Int) { self.capacity = capacity }

  func send(_ number: Int) async {
    while buffer.count == capacity {
      await withCheckedContinuation { senders.append($0) }
    }
    buffer.append(number)
    most = max(most, buffer.count)
    if !receivers.isEmpty { receivers.removeFirst().resume() }
  }

  func take(_ count: Int) async -> [Int] {
    var numbers: [Int] = []
    while numbers.count < count {
      while buffer.isEmpty {
        await withCheckedContinuation { receivers.append($0) }
      }
      numbers.append(buffer.removeFirst())
      if !senders.isEmpty { senders.removeFirst().resume() }
    }
    return numbers
  }
}

private actor Barrier {
  private let parties: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(parties: Int) { self.parties = parties }

  func wait() async {
    guard waiting.count + 1 < parties else {
      for continuation in waiting { continuation.resume() }
      waiting = []
      return
    }
    await withCheckedContinuation { waiting.append($0) }
  }
}

private final class CancellableSignal: Sendable {
  private enum State {
    case idle
    case waiting(UnsafeContinuation<String, Never>)
    case done(String)
  }

  private let state = Mutex(State.idle)

  func wait() async -> String {
    await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        let early: String? = state.withLock { state in
          if case .done(let word) = state { return word }
          state = .waiting(continuation)
          return nil
        }
        if let early { continuation.resume(returning: early) }
      }
    } onCancel: {
      finish("cancelled")
    }
  }

  func fire() async {
    await Task.yield()
    finish("fired")
  }

  private func finish(_ word: String) {
    let waiter: UnsafeContinuation<String, Never>? = state.withLock { state in
      defer { if case .done = state {} else { state = .done(word) } }
      if case .waiting(let continuation) = state { return continuation }
      return nil
    }
    waiter?.resume(returning: word)
  }
}

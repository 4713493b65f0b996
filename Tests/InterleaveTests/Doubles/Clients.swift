import Interleave

// Code under test that calls out, each with a mistake that can be mended.

/// Loads each value once; where it does not share its loads, those that overlap load twice.
actor Cache {
  private let fetch: NonthrowingStub<Int, Int>
  private let sharesLoads: Bool
  private var values: [Int: Int] = [:]
  private var loads: [Int: Task<Int, Never>] = [:]

  init(_ fetch: NonthrowingStub<Int, Int>, sharesLoads: Bool) {
    self.fetch = fetch
    self.sharesLoads = sharesLoads
  }

  func value(of key: Int) async -> Int {
    if let value = values[key] { return value }
    let value = sharesLoads ? await load(key).value : await fetch(key)
    values[key] = value
    return value
  }

  private func load(_ key: Int) -> Task<Int, Never> {
    if let load = loads[key] { return load }
    let load = Task { [fetch] in await fetch(key) }
    loads[key] = load
    return load
  }
}

/// Gives up after a second; by mistake, an answer that comes later is shown all the same.
actor Page {
  private let find: NonthrowingStub<String, String>
  private let dropsLateAnswers: Bool
  private var shown = ""
  private var hasGivenUp = false

  init(_ find: NonthrowingStub<String, String>, dropsLateAnswers: Bool) {
    self.find = find
    self.dropsLateAnswers = dropsLateAnswers
  }

  /// It shows an answer or that there is none.
  var isConsistent: Bool { hasGivenUp == shown.isEmpty }

  func load(_ query: String) async {
    let answer = Task { [find] in await show(find(query)) }
    try? await Task.sleep(for: .seconds(1))
    if shown.isEmpty { hasGivenUp = true }
    await answer.value
  }

  private func show(_ answer: String) {
    if dropsLateAnswers, hasGivenUp { return }
    shown = answer
  }
}

/// Uploads one thing at a time, and forgets to free its place where that fails.
actor Uploader {
  private let send: Stub<Int, Void>
  private let freesOnError: Bool
  private(set) var isFree = true

  init(_ send: Stub<Int, Void>, freesOnError: Bool) {
    self.send = send
    self.freesOnError = freesOnError
  }

  func upload(_ number: Int) async {
    guard isFree else { return }
    isFree = false
    do {
      try await send(number)
      isFree = true
    } catch {
      if freesOnError { isFree = true }
    }
  }
}

/// Lets two calls go on at a time, if it counts them before anything can come between.
actor Limiter {
  private let stub: NonthrowingStub<Int, Int>
  private let countsAtOnce: Bool
  private var running = 0

  init(_ stub: NonthrowingStub<Int, Int>, countsAtOnce: Bool) {
    self.stub = stub
    self.countsAtOnce = countsAtOnce
  }

  func fetch(_ number: Int) async {
    while running >= 2 { await Task.yield() }
    if !countsAtOnce { await Task.yield() }
    running += 1
    _ = await stub(number)
    running -= 1
  }
}

/// Uses a connection, and loses it where the work fails or is cancelled.
struct Worker {
  let connections: StubResource
  let work: Stub<Int, Int>
  let closesAlways: Bool

  func run(_ number: Int) async throws -> Int {
    guard closesAlways else {
      let connection = try await connections.open()
      connections.expectOpen(connection)
      let result = try await work(number)
      await connections.close(connection)
      return result
    }
    return try await connections.with { _ in try await work(number) }
  }
}

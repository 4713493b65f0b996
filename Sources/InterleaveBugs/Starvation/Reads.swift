import Foundation

extension BugProgram {
  /// Tasks read what other tasks write, and block the threads that those need.
  static let reads = [readUnderActor, requestAndAnswer, handleOfFoundation, pollForTwo]

  /// An actor's method reads from a pipe that a task writes to.
  private static let readUnderActor = BugProgram("starved_read", depth: 1, need: .before) {
    isMended in
    let channel = Channel()
    let feed = Feed(channel)
    let writer = Task { channel.write(42) }
    if isMended { await writer.value }
    try check(await feed.next() == 42, "the value was not there")
  }

  private actor Feed {
    private let channel: Channel

    init(_ channel: Channel) { self.channel = channel }

    func next() -> UInt8 { channel.read() }
  }

  /// Two tasks talk to each other by a pair of sockets.
  private static let requestAndAnswer = BugProgram("starved_socket", depth: 1, need: .before) {
    isMended in
    let (client, server) = Channel.pair()
    async let answering: Void = {
      if isMended { return }
      server.write(server.read() + 1)
    }()
    async let answer: UInt8 = {
      client.write(1)
      if isMended { server.write(server.read() + 1) }
      return client.read()
    }()
    try check(await answer == 2, "the answer was another")
    await answering
  }

  /// Foundation reads all that there is until the pipe is closed.
  private static let handleOfFoundation = BugProgram("starved_handle", depth: 1, need: .before) {
    isMended in
    let pipe = Pipe()
    let writer = Task {
      try pipe.fileHandleForWriting.write(contentsOf: Data([1, 2, 3]))
      try pipe.fileHandleForWriting.close()
    }
    if isMended { try await writer.value }
    let read = try pipe.fileHandleForReading.readToEnd()
    try check(read?.count == 3, "not all was there")
  }

  /// Somebody waits until one of two pipes has something.
  private static let pollForTwo = BugProgram("starved_poll", depth: 1, need: .before) { isMended in
    let channels = [Channel(), Channel()]
    let writer = Task { channels[1].write(7) }
    if isMended { await writer.value }
    try check(Channel.indexOfReady(channels) == 1, "the other one was ready")
    try check(channels[1].read() == 7, "the value was not there")
  }
}

import Testing

@testable import InterleaveEngine

/// What processes that share work see alike, and what they tell.
struct WorkBoardTests {
  @Test func piecesAreTakenInOrderUpToTheLimit() throws {
    let board = try #require(WorkBoard(workers: 2, first: 3))
    board.limit = 6
    #expect(board.current(of: 0) == nil)
    #expect(board.take(worker: 0) == 3)
    #expect(board.take(worker: 1) == 4)
    #expect(board.current(of: 0) == 3)
    #expect(board.take(worker: 0) == 5)
    #expect(board.take(worker: 0) == nil)
    #expect(board.current(of: 0) == nil)
    #expect(board.current(of: 1) == 4)
  }

  @Test func theLimitOnlyFalls() throws {
    let board = try #require(WorkBoard(workers: 1, first: 0))
    #expect(board.limit == .max)
    board.limit = 9
    board.limit = 12
    #expect(board.limit == 9)
    board.limit = 0
    #expect(board.take(worker: 0) == nil)
  }

  @Test func aChildsWorkIsSeenByItsParent() throws {
    let board = try #require(WorkBoard(workers: 1, first: 0))
    let child = RunningChild(isQuiet: true) { parent in
      while let piece = board.take(worker: 0), piece < 3 { parent.send([UInt8(piece)]) }
      board.limit = 7
    }
    let running = try #require(child)
    var messages: [[UInt8]] = []
    while !running.hasEnded {
      RunningChild.wait(for: [running], milliseconds: 1000)
      while let message = running.takeMessage() { messages.append(message) }
    }
    running.end(isKilled: false)
    #expect(messages == [[0], [1], [2]])
    #expect(board.limit == 7)
    #expect(board.current(of: 0) == 3)
  }

  @Test func messagesMayComeInPiecesAndBetweenHeartbeats() {
    var inbox = Inbox()
    let bytes = Array("hh".utf8) + Inbox.framed([1, 2]) + Array("h".utf8) + Inbox.framed([])
    var messages: [[UInt8]] = []
    for byte in bytes {
      inbox.add([byte])
      while let message = inbox.take() { messages.append(message) }
    }
    #expect(messages == [[1, 2], []])
  }
}

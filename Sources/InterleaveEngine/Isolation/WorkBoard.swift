import CInterleave

/// What several processes that were forked from one another see alike of the work that they
/// share: pieces with numbers, which are taken in order. All of it is atomic.
package final class WorkBoard: @unchecked Sendable {
  private let board: OpaquePointer

  /// Makes a board.
  ///
  /// - Parameters:
  ///   - workers: How many processes take pieces, at least 1.
  ///   - first: The number of the first piece.
  /// - Returns: Nil where there is no memory for it.
  package init?(workers: Int, first: Int) {
    guard let count = Int32(exactly: workers), let board = il_board_create(count, first) else {
      return nil
    }
    self.board = board
  }

  deinit { il_board_destroy(board) }

  /// Takes the next piece; nil if there is none that must be done.
  package func take(worker: Int) -> Int? {
    let number = il_board_take(board, Int32(worker))
    return number < 0 ? nil : number
  }

  /// The piece that a worker is at.
  package func current(of worker: Int) -> Int? {
    let number = il_board_current(board, Int32(worker))
    return number < 0 ? nil : number
  }

  /// The number from which on no piece need be done; it only ever falls.
  package var limit: Int {
    get { il_board_limit(board) }
    set { il_board_set_limit(board, newValue) }
  }
}

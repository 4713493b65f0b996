import Foundation
import Interleave
import InterleaveBugs

/// What crashes and hangs, and what becomes of it: one row for each kind.
///
/// - Returns: Each was found, said as it is, made as small as it can be, kept and replayed,
///   its mended twin passes, and what went on beside it was not disturbed; and isolation costs
///   next to nothing.
func showTrust() async throws -> Bool {
  let folder = FileManager.default.temporaryDirectory
    .appending(path: "interleave-trust-\(ProcessInfo.processInfo.processIdentifier)").path
  defer { try? FileManager.default.removeItem(atPath: folder) }
  var table = MarkdownTable(TrustRow.header)
  var isTrue = true
  for program in StopProgram.all {
    let row = await TrustRow(program, folder: folder)
    table.add(row.cells)
    isTrue = isTrue && row.isTrue
  }
  print(table)
  print()
  let isSmall = await measureIsolation()
  return isTrue && isSmall
}

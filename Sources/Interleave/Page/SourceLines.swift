import Foundation

/// Lines of the program's files, each file read once.
final class SourceLines {
  private var files: [String: [Substring]] = [:]

  /// Files that are larger are not read.
  private static let largest = 8 << 20

  /// Some lines of a file.
  ///
  /// - Parameters:
  ///   - file: Its path.
  ///   - numbers: The lines, from 1; those that there are not are left out.
  /// - Returns: Each with its number; none where the file cannot be read.
  func lines(of file: String, _ numbers: [Int]) -> [(Int, String)] {
    let all = content(of: file)
    return numbers.compactMap { number in
      all.indices.contains(number - 1) ? (number, String(all[number - 1])) : nil
    }
  }

  private func content(of file: String) -> [Substring] {
    if let known = files[file] { return known }
    let size = (try? FileManager.default.attributesOfItem(atPath: file)[.size]) as? Int ?? 0
    let data = size <= Self.largest ? FileManager.default.contents(atPath: file) : nil
    let lines = String(decoding: data ?? Data(), as: UTF8.self)
      .split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    files[file] = lines
    return lines
  }
}

import Interleave
import InterleaveCommand
import Testing

extension Showcase: CustomTestStringConvertible {
  public var testDescription: String { name }
}

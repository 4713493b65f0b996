import InterleaveBugs
import InterleaveEngine

extension BugProgram {
  /// Where steps are interrupted inside for its bug to be found.
  var interruptions: Interruptions {
    switch need {
    case .nothing: .never
    case .before: .before
    case .after: .everywhere
    }
  }
}

extension FixCertificate: CustomStringConvertible {
  /// What passes, and what was not finished.
  public var description: String {
    let end = unfinished.map { "; \($0) not finished" } ?? ""
    if let obstacle {
      let others = schedules > 1 ? ", and \(counted(schedules - 1, "other")) near it" : ""
      return "the schedule of the old failure passes\(others); not all are known: \(obstacle)"
    }
    if reversals == 0 { return "the schedule of the old failure passes" + end }
    let away = "within \(counted(reversals, "reversal")) of the old failure"
    return
      (schedules == 1
      ? "the only schedule \(away) passes" : "all \(grouped(schedules)) schedules \(away) pass")
      + end
  }
}

extension FuzzReport {
  /// A line for each corpus entry that is fixed.
  var fixes: [String] {
    fixed.map { file in
      let certificate = certificates.first { $0.corpusFile == file }
      return "fixed: \(file): "
        + (certificate?.description ?? "the schedule of the old failure passes")
    }
  }
}

extension FuzzFailure.HalfFix {
  /// What the failure says of the entry's fix.
  ///
  /// - Parameter file: The entry, as the reader knows it.
  func words(file: String) -> String {
    "The fix moved the bug: the schedule that \(file) keeps passes now, but fails again "
      + "\(counted(reversals, "race reversal")) away."
  }
}

extension Duration {
  /// The duration for people: in days, hours or minutes where it is a whole number of them.
  ///
  /// `7 days`, `1 hour`, `90 minutes`, `2.5 s`, `30 ms`.
  var spelledOut: String {
    let all = nanoseconds
    if all == 0 { return "0 s" }
    if all < 0 { return "-" + Duration.nanoseconds(Int64(clamping: -all)).spelledOut }
    for (unit, size) in [("day", 86_400), ("hour", 3_600), ("minute", 60)] {
      let (count, rest) = all.quotientAndRemainder(dividingBy: Int128(size) * 1_000_000_000)
      if rest == 0 { return "\(count) \(unit)\(count == 1 ? "" : "s")" }
    }
    for (unit, size) in [("s", Int128(1_000_000_000)), ("ms", 1_000_000), ("us", 1_000)]
    where all >= size {
      let (whole, rest) = all.quotientAndRemainder(dividingBy: size)
      let thousandths = String("\(1_000 + rest * 1_000 / size)".dropFirst())
      let digits = thousandths.reversed().drop { $0 == "0" }.reversed()
      return digits.isEmpty ? "\(whole) \(unit)" : "\(whole).\(String(digits)) \(unit)"
    }
    return "\(all) ns"
  }
}

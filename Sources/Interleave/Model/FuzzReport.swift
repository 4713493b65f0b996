/// What a campaign ran.
public struct FuzzReport: Sendable {
  public var schedules = 0
  public var distinctInterleavings = 0
  public var steps = 0
  public var isExhaustive = false
  public var replayed = 0
  public var elapsed = Duration.zero
  public var choices = 0
  public var contendedActors: [String] = []
  public var escapes: [String] = []
  public var warnings: [String] = []
}

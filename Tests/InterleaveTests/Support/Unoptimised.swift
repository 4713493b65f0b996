import Testing

extension Trait where Self == ConditionTrait {
  /// Runs only in debug builds: what is expected names functions, lines or steps of the test's own
  /// program, which the optimiser merges.
  static var unoptimised: Self {
    #if DEBUG
      .enabled(if: true)
    #else
      .disabled("the optimiser merges functions, lines and steps of the program")
    #endif
  }
}

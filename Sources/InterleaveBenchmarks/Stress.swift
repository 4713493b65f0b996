func runStress() async -> Bool { true }

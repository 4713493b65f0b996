import Examples
package import Interleave

/// A bundled example: a system with a race, and the same without it.
package struct Showcase: Sendable {
  package var name: String
  /// What the race does to the user, in a few words.
  package var race: String
  /// How the race shows.
  package var kind: FuzzFailure.Kind
  package var racy: @Sendable () async throws -> Void
  package var mended: @Sendable () async throws -> Void

  /// All examples, simplest first.
  package static let all: [Showcase] = [
    bank, token, gate, philosophers, images, checkout, monitor,
  ]

  package static let bank = Showcase(
    name: "bank", race: "an account is overdrawn", kind: .invariant,
    racy: {
      try await BankExample.racy { bank in
        always(bank, "the balance is not negative") { $0.balance >= 0 }
      }
    },
    mended: {
      try await BankExample.mended { bank in
        always(bank, "the balance is not negative") { $0.balance >= 0 }
      }
    })

  package static let token = Showcase(
    name: "token", race: "a token is refreshed twice", kind: .invariant,
    racy: {
      try await TokenExample.racy { server in
        always(server, "at most one refresh is asked for") { $0.refreshes <= 1 }
      }
    },
    mended: {
      try await TokenExample.mended { server in
        always(server, "at most one refresh is asked for") { $0.refreshes <= 1 }
      }
    })

  package static let gate = Showcase(
    name: "gate", race: "a wake-up is lost", kind: .lostWakeUp,
    racy: { try await GateExample.racy() }, mended: { try await GateExample.mended() })

  package static let philosophers = Showcase(
    name: "philosophers", race: "everybody waits for everybody", kind: .deadlock,
    racy: { try await PhilosophersExample.racy() },
    mended: { try await PhilosophersExample.mended() })

  package static let images = Showcase(
    name: "images", race: "an image is downloaded twice", kind: .thrownError,
    racy: { try await ImageCacheExample.racy() }, mended: { try await ImageCacheExample.mended() })

  package static let checkout = Showcase(
    name: "checkout", race: "a card is charged twice", kind: .thrownError,
    racy: { try await CheckoutExample.racy() }, mended: { try await CheckoutExample.mended() })

  package static let monitor = Showcase(
    name: "monitor", race: "a watcher outlives its screen", kind: .leakedTask,
    racy: { try await MonitorExample.racy() }, mended: { try await MonitorExample.mended() })
}

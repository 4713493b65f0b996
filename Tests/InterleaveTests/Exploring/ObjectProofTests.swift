import Foundation
import Interleave
import Testing

#if os(Linux) && arch(x86_64)
  /// A proof where it matters when objects are freed, and who refers to them.
  @Suite struct ObjectProofTests {
    @Test func aWeakReferenceThatIsReadIsNoProof() async {
      await expect(
        .withheld("asks whether an object still exists") {
          let desk = ProofDesk()
          async let one: Void = { [weak desk] in await desk?.enter("one") }()
          async let other: Void = desk.enter("other")
          _ = await (one, other)
        })
      await expect(
        .proved {
          let desk = ProofDesk()
          async let one: Void = { [desk] in await desk.enter("one") }()
          async let other: Void = desk.enter("other")
          _ = await (one, other)
        })
    }

    @Test func anObjectThatDoesSomethingWhenItIsFreedIsNoProof() async {
      let box = ProofBox()
      await expect(
        .withheld("does something when the last task lets go of its object") {
          let note = ProofNoteThatTells(box)
          await besides({ _ = note }, { _ = note })
        })
      await expect(
        .proved {
          let note = ProofNote(box)
          await besides({ _ = note }, { _ = note })
        })
    }

    @Test func whoAsksWhetherOthersReferToAnObjectIsNoProof() async {
      await expect(
        .withheld("asks whether an object still exists, or who refers to it") {
          let desk = ProofDesk()
          await besides({ _ = isUnique(desk) }, { _ = isUnique(desk) })
        })
    }

    /// A value is copied before it is changed where others have it, too: nobody can tell.
    @Test func whatIsCopiedBeforeItIsChangedKeepsTheProof() async {
      let (list, table, bytes) = ([1, 2], ["one": 1], Data(count: 100))
      await expect(
        .proved {
          let work: @Sendable () -> Void = {
            var (more, others, changed) = (list, table, bytes)
            more.append(3)
            others["other"] = more.count
            changed[0] = UInt8(others.count)
            changed.append(contentsOf: changed)
          }
          await besides(work, work)
        })
    }
  }

  @inline(never)
  private func isUnique(_ desk: ProofDesk) -> Bool {
    var desk = desk
    return isKnownUniquelyReferenced(&desk)
  }
#endif

import Testing

@testable import Interleave

private func here(_ name: String? = nil, fileID: String = #fileID) -> TestIdentity {
  TestIdentity.current(name: name, fileID: fileID, filePath: #filePath, function: "caller()")
}

@Test func aTestOutsideOfSuitesIsNamedAfterItsFile() {
  #expect(here().fullName == "TestIdentityTests/aTestOutsideOfSuitesIsNamedAfterItsFile()")
}

@Suite struct TestIdentityTests {
  @Suite struct Inner {
    @Test func suitesAreNamedFromTheOutermostIn() {
      #expect(here().suite == "TestIdentityTests.Inner")
      #expect(here().name == "suitesAreNamedFromTheOutermostIn()")
      #expect(here().arguments == "")
      #expect(here().filePath == #filePath)
    }
  }

  @Test func severalCallsOfOneTestAreToldApartByName() {
    #expect(here("first").name == "severalCallsOfOneTestAreToldApartByName().first")
  }

  @Test(arguments: [1, 2], ["a"]) func casesAreToldApartByTheirArguments(n: Int, text: String) {
    #expect(here().arguments == "\(n), \"a\"")
    #expect(
      here().fullName
        == "TestIdentityTests/casesAreToldApartByTheirArguments(n:text:)/\(n), \"a\"")
  }

  @Test func elsewhereTheCallerIsNamed() async {
    let identity = await Task.detached { here(fileID: "App/main.swift") }.value
    #expect(identity.fullName == "main/caller()")
    #expect(identity.module == "App")
    #expect(here().module == "InterleaveTests")
  }
}

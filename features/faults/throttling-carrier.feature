Feature: A throttling carrier
  The carrier refuses everything as over the account's rate.

  Scenario: The second vendor takes over and hands back
    Given the stack "reference" with
      | setting | value    |
      | routing | priority |
      | breaker | on       |
    And 150 messages per second
    When steady state holds for 10 seconds
    And carrier "smartfren" throttles for 20 seconds
    And 25 seconds pass
    Then traffic fails over to "vendor-b" within 10 seconds
    And traffic returns to "vendor-a" within 20 seconds
    And no accepted message is lost
    And no message is delivered more than once
    And at least 95% of messages are delivered within 20 seconds

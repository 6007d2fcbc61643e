Feature: A vendor's name and certificate
  The second vendor is found through a name server and proves itself with a certificate. Without either
  nothing can be sent to it, and what was not sent may go another way without being sent twice.
  Connections that stand are used for ten seconds more, and a name is remembered for five.

  Scenario: Its name does not resolve
    Given the stack "reference" with
      | setting        | value    |
      | routing        | weighted |
      | primary_weight | 0        |
    And 150 messages per second
    When steady state holds for 10 seconds
    And the name "vendor-b" does not resolve for 30 seconds
    And 30 seconds pass
    Then traffic fails over to "vendor-a" within 20 seconds
    And traffic returns to "vendor-b" within 20 seconds
    And at least 99% of messages are delivered within 5 seconds during the fault
    And no accepted message is lost
    And no message is delivered more than once

  Scenario: Its certificate has run out
    Given the stack "reference" with
      | setting        | value    |
      | routing        | weighted |
      | primary_weight | 0        |
    And 150 messages per second
    When steady state holds for 10 seconds
    And the certificate of "vendor-b" is expired for 30 seconds
    And 30 seconds pass
    Then traffic fails over to "vendor-a" within 20 seconds
    And traffic returns to "vendor-b" within 20 seconds
    And at least 99% of messages are delivered within 5 seconds during the fault
    And no accepted message is lost
    And no message is delivered more than once

  # With nobody else to send to, both faults must hurt.
  @must-fail
  Scenario: There is no other vendor
    Given the stack "reference" with
      | setting        | value    |
      | routing        | weighted |
      | primary_weight | 0        |
    And 150 messages per second
    When steady state holds for 10 seconds
    And the certificate of "vendor-b" is expired for 30 seconds
    And at the same time the link "gateway" to "smartfren" is down for 30 seconds
    And 30 seconds pass
    Then at least 99% of messages are delivered within 5 seconds during the fault

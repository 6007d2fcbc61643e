Feature: A carrier that refuses, limits, delays and swallows
  Every refusal that a carrier knows, in its own codes, and the carrier that takes everything and
  delivers nothing.

  Scenario: Its queue is full for some
    Given the stack "reference"
    And 150 messages per second
    When steady state holds for 10 seconds
    And carrier "smartfren" answers "queue full" to 30% of messages for 15 seconds
    And 20 seconds pass
    Then no accepted message is lost
    And at least 99% of messages are delivered within 30 seconds
    And each message is attempted at most 2 times on average

  Scenario: Its system fails for some
    Given the stack "reference"
    And 150 messages per second
    When steady state holds for 10 seconds
    And carrier "smartfren" answers "system error" to 30% of messages for 15 seconds
    And 20 seconds pass
    Then no accepted message is lost
    And every final outcome has a receipt

  Scenario: It rejects some for good
    Given the stack "reference"
    And 150 messages per second
    When steady state holds for 10 seconds
    And carrier "smartfren" answers "rejected" to 10% of messages for 15 seconds
    And 20 seconds pass
    Then no accepted message is lost
    And every final outcome has a receipt
    And no receipt is false

  Scenario: It answers with a code of its own
    Given the stack "reference"
    And 150 messages per second
    When steady state holds for 10 seconds
    And carrier "smartfren" answers "0x14" to 20% of messages for 15 seconds
    And 20 seconds pass
    Then no accepted message is lost

  Scenario: It takes less than is offered
    Given the stack "reference"
    And 150 messages per second
    When steady state holds for 10 seconds
    And carrier "smartfren" takes at most 50 messages per second for 15 seconds
    And 25 seconds pass
    Then no accepted message is lost
    And at least 99% of messages are delivered within 30 seconds

  Scenario: It answers late
    Given the stack "reference"
    And 150 messages per second
    When steady state holds for 10 seconds
    And carrier "smartfren" answers after 1 second for 15 seconds
    And 25 seconds pass
    Then no accepted message is lost
    And at least 95% of messages are delivered within 30 seconds

  # Its receipts stay away too, so nobody but the handsets can tell.
  @must-fail
  Scenario: It accepts and never delivers
    Given the stack "reference"
    And 150 messages per second
    When steady state holds for 10 seconds
    And carrier "smartfren" accepts but never delivers for 10 seconds
    And 15 seconds pass
    Then no accepted message is lost

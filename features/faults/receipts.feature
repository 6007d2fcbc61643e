Feature: Receipts that come late, not at all, twice, or lie
  The message is one thing, what the sender is told of it another.

  Scenario: Receipts are late
    Given the stack "reference"
    And 150 messages per second
    When steady state holds for 10 seconds
    And receipts from "smartfren" are delayed by 5 seconds for 15 seconds
    And 20 seconds pass
    Then the 99th percentile of receipt latency is under 20 seconds
    And every final outcome has a receipt
    And at least 99% of messages are delivered within 5 seconds

  # Of so many messages a day each subscriber of the sample gets more than one.
  Scenario: Receipts are repeated
    Given the stack "reference"
    And 120000 million messages a day to "smartfren", sampled 1 in 10000
    When steady state holds for 10 seconds
    And receipts from "smartfren" are repeated for 15 seconds
    And 15 seconds pass
    Then every final outcome has a receipt
    And no message is delivered more than once
    And messages to one subscriber arrive in order

  @must-fail
  Scenario: Receipts are lost
    Given the stack "reference"
    And 150 messages per second
    When steady state holds for 10 seconds
    And receipts from "smartfren" are lost for 10% of messages for 15 seconds
    And 15 seconds pass
    Then every final outcome has a receipt

  @must-fail
  Scenario: Receipts lie
    Given the stack "reference"
    And 150 messages per second
    When steady state holds for 10 seconds
    And receipts from "smartfren" claim delivery falsely for 5% of messages for 15 seconds
    And 15 seconds pass
    Then no receipt is false

Feature: What a gateway keeps when it is killed
  The process dies without a word while it holds messages that no carrier has, or receipts that no sender has.

  Background:
    Given the stack "reference"
    And the clock starts at 2026-01-10 07:00 +00:00
    And 20 messages per second

  Scenario: The gateway is killed with a backlog
    When the link "gateway" to "vendor-a" is down from 07:00:15 to 07:00:35
    And the link "gateway" to "vendor-b" is down from 07:00:15 to 07:00:35
    And node "gateway" is killed from 07:00:25 to 07:00:30
    And 50 seconds pass
    Then no accepted message is lost
    And no message is delivered more than once
    And every final outcome has a receipt

  Scenario: The gateway is killed with receipts pending
    When receipts from "vendor-a" are delayed by 15 seconds from 07:00:15 to 07:00:35
    And node "gateway" is killed from 07:00:25 to 07:00:30
    And 50 seconds pass
    Then no accepted message is lost
    And no message is delivered more than once
    And every final outcome has a receipt

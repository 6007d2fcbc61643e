Feature: What a stack carries with nothing broken
  The same traffic at one rate after another. The highest rate at which every drill up to it passes is what a stack
  carries on this machine within its latency objective; a drill above it would blame a fault for what is overload.

  Scenario Outline: <rate> messages per second
    Given the stack "reference"
    And <rate> messages per second
    When steady state holds for 30 seconds
    Then no accepted message is lost
    And the 99th percentile of accept latency is under 1 second
    And the 99th percentile of delivery latency is under 5 seconds

    Examples:
      | rate |
      | 20   |
      | 50   |
      | 100  |
      | 200  |

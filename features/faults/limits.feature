Feature: A machine too small
  A neighbour takes the processor away, or a limit was set too low. The node goes on, more slowly than its
  messages come; what it accepted it still owes.

  @docker
  Scenario: A gateway has next to no processor
    Given the stack "reference"
    And 100 messages per second
    When steady state holds for 10 seconds
    And the CPU of node "gateway-1" is limited to 0.02 cores for 20 seconds
    And 30 seconds pass
    Then no accepted message is lost
    And no message is delivered more than once

  @docker
  Scenario: A queue has little memory
    Given the stack "reference"
    And 100 messages per second
    When steady state holds for 10 seconds
    And the memory of node "queue-1" is limited to 8 MiB for 20 seconds
    And 30 seconds pass
    Then no accepted message is lost
    And no message is delivered more than once

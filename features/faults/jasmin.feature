Feature: Jasmin loses an uplink, and its own process
  A real gateway in a container, configured for failover and durability.

  @docker
  Scenario: One of two uplinks is down
    Given the stack "jasmin" with
      | setting       | value |
      | configuration | tuned |
    And 20 messages per second
    When steady state holds for 10 seconds
    And the link "gateway" to "vendor-a" is down for 20 seconds
    And 20 seconds pass
    Then no accepted message is lost
    And at least 95% of messages are delivered within 30 seconds

  @docker
  Scenario: Jasmin is killed and comes back
    Given the stack "jasmin" with
      | setting       | value |
      | configuration | tuned |
    And 20 messages per second
    When steady state holds for 10 seconds
    And node "jasmin" is killed for 10 seconds
    And 30 seconds pass
    Then no accepted message is lost

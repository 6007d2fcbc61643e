Feature: Telemetry that costs more than what it tells of

  More requests of one kind to a telemetry service overflow the buffer before it; what overflows is
  reported as errors; and who collects the errors works with the workers that serve calls.

  Scenario: Telemetry rises until calls are dropped
    Given the stack "voice"
    And 20 calls per second
    When steady state holds for 90 seconds
    And telemetry requests rise to 5 times for 3 minutes
    And 90 seconds pass
    Then at least 99% of calls are completed before the fault
    And at least 99% of verbs succeed before the fault
    And between 5% and 30% of calls are dropped during the fault
    And between 2% and 20% of verbs fail with "11200" during the fault
    And between 10% and 50% of "play" and "say" verbs fail with "11200" during the fault
    And delivery recovers within 1 minute

  Scenario: A collector with workers of its own takes none from the calls
    Given the stack "voice" with
      | setting        | value |
      | shared_workers | off   |
    And 20 calls per second
    When steady state holds for 1 minute
    And telemetry requests rise to 5 times for 2 minutes
    And traffic rises to 22 calls per second
    And 1 minute passes
    Then at most 1% of calls are dropped
    And at least 99% of verbs succeed during the fault

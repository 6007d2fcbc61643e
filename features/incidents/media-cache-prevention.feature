Feature: What would have prevented the saturation of the media cache

  The load and the telemetry of the incident of 31 March 2025 for half an hour, with each of the
  preventions that were named afterwards alone and together, and with one that was not: a collector
  whose workers are not those of the cache.

  Background:
    Given 20 calls per second

  @must-fail
  Scenario: None
    Given the stack "voice"
    When steady state holds for 10 minutes
    And telemetry requests rise to 5 times for 30 minutes
    And 5 minutes pass
    Then at most 1% of calls are dropped during the fault

  @must-fail
  Scenario: A buffer half as large again
    Given the stack "voice" with
      | setting          | value |
      | telemetry_buffer | 150   |
    When steady state holds for 10 minutes
    And telemetry requests rise to 5 times for 30 minutes
    And 5 minutes pass
    Then at most 1% of calls are dropped during the fault

  @must-fail
  Scenario: Log payloads of 10 KiB in place of 16
    Given the stack "voice" with
      | setting           | value |
      | log_payload_bytes | 10240 |
    When steady state holds for 10 minutes
    And telemetry requests rise to 5 times for 30 minutes
    And 5 minutes pass
    Then at most 1% of calls are dropped during the fault

  Scenario: The larger buffer and the smaller payloads
    Given the stack "voice" with
      | setting           | value |
      | telemetry_buffer  | 150   |
      | log_payload_bytes | 10240 |
    When steady state holds for 10 minutes
    And telemetry requests rise to 5 times for 30 minutes
    And 5 minutes pass
    Then at most 1% of calls are dropped during the fault

  Scenario: The error collector off
    Given the stack "voice" with
      | setting         | value |
      | error_collector | off   |
    When steady state holds for 10 minutes
    And telemetry requests rise to 5 times for 30 minutes
    And 5 minutes pass
    Then at most 1% of calls are dropped during the fault

  Scenario: All three
    Given the stack "voice" with
      | setting           | value |
      | telemetry_buffer  | 150   |
      | log_payload_bytes | 10240 |
      | error_collector   | off   |
    When steady state holds for 10 minutes
    And telemetry requests rise to 5 times for 30 minutes
    And 5 minutes pass
    Then at most 1% of calls are dropped during the fault

  Scenario: A collector with workers of its own
    Given the stack "voice" with
      | setting        | value |
      | shared_workers | off   |
    When steady state holds for 10 minutes
    And telemetry requests rise to 5 times for 30 minutes
    And 5 minutes pass
    Then at most 1% of calls are dropped during the fault

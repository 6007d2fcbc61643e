Feature: Media cache saturation

  On 31 March 2025 a carrier's "play" and "say" verbs failed for over an hour: about 25% of them with
  code 11200, and about 13.3% of calls were dropped. Requests of one kind to a telemetry service had
  overflowed a buffer; the error events of that overflow saturated who collects them; and the
  collector took the workers of the caching proxies that fetch the sound of these verbs.

  Nothing here sets a rate of failures. Stated are the calls, how much telemetry a fetch makes, the
  size of a buffer, the workers, and what a fetch and an error event cost them.

  Background:
    Given the clock starts at 2025-03-31 14:49 +00:00
    And 20 calls per second

  Scenario: As it happened

    - 15:09 first occurrence
    - 15:12 monitors see high load
    - 15:22 engineers begin
    - 16:16 capacity is being added to the caching proxy layer
    - 16:27 status page updated
    - 16:38 capacity added
    - 16:44 root cause found, recovery begins
    - 16:56 normal

    Given the stack "voice"
    When steady state holds for 20 minutes
    And telemetry requests rise to 5 times
    And the setting "replicas" of "media-cache" goes from "4" to "8" between 16:16 and 16:38
    And 32 minutes pass
    Then at least 99% of calls are completed before the fault
    And between 23% and 27% of "play" and "say" verbs fail with "11200" from 15:12 to 16:16
    And between 12% and 15% of calls are dropped from 15:12 to 16:16
    And delivery recovers within 107 minutes of the start of the fault
    And at most 1% of calls are dropped from 16:56 to 17:10
    And the outage is detected within 18 minutes

  Scenario: Half the capacity
    Given the stack "voice"
    When steady state holds for 20 minutes
    And telemetry requests rise to 5 times
    And the setting "replicas" of "media-cache" goes from "4" to "6" between 16:16 and 16:38
    And 32 minutes pass
    Then delivery recovers within 107 minutes of the start of the fault
    And at most 1% of calls are dropped from 16:56 to 17:10

  Scenario: Capacity after half the time
    Given the stack "voice"
    When steady state holds for 20 minutes
    And telemetry requests rise to 5 times
    And the setting "replicas" of "media-cache" goes from "4" to "8" between 15:42 and 16:04
    And 21 minutes pass
    Then delivery recovers within 74 minutes of the start of the fault
    And the impact lasts between 30 minutes and 74 minutes

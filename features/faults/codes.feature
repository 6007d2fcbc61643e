Feature: Codes that must arrive
  The defences of a product that sends one-time codes, one at a time and short enough for every
  engine; features/incidents compares them over an outage of an hour.

  Scenario: A call reads the code out where the SMS fails
    Given the stack "codes" with
      | setting        | value |
      | voice_fallback | on    |
    And 40 messages per second
    When steady state holds for 20 seconds
    And carrier "vendor-a" answers "503" to 100% of messages for 20 seconds
    And 40 seconds pass
    Then at least 99% of messages are delivered within 30 seconds
    And traffic fails over to "voice" within 10 seconds
    And no accepted message is lost

  Scenario: A call reads the code out where the SMS is late
    Given the stack "codes" with
      | setting        | value |
      | voice_fallback | on    |
      | voice_after_s  | 10    |
    And 40 messages per second
    When steady state holds for 20 seconds
    And carrier "vendor-a" accepts but never delivers for 20 seconds
    And 40 seconds pass
    Then at least 99% of messages are delivered within 40 seconds
    And no message is delivered more than once
    And no accepted message is lost

  Scenario: The second vendor takes what the first refuses, as far as numbers are known
    Given the stack "codes" with
      | setting       | value    |
      | routing       | priority |
      | breaker       | on       |
      | number_lookup | live     |
    And 40 messages per second
    When steady state holds for 20 seconds
    And carrier "vendor-a" answers "503" to 100% of messages for 20 seconds
    And 30 seconds pass
    Then at least 60% of messages are delivered within 10 seconds during the fault
    And every final outcome has a receipt
    And no accepted message is lost

  Scenario: With cached lookups the second vendor takes everything
    Given the stack "codes" with
      | setting       | value    |
      | routing       | priority |
      | breaker       | on       |
      | number_lookup | cached   |
    And 350 million messages a day to "vendor-a", sampled 1 in 100
    When steady state holds for 20 seconds
    And carrier "vendor-a" answers "503" to 100% of messages for 20 seconds
    And 30 seconds pass
    Then at least 98% of messages are delivered within 10 seconds during the fault
    And traffic fails over to "vendor-b" within 10 seconds
    And no accepted message is lost

  Scenario: What is refused waits in the queue
    Given the stack "codes" with
      | setting       | value  |
      | retry         | queued |
      | number_lookup | off    |
    And 40 messages per second
    When steady state holds for 20 seconds
    And carrier "vendor-a" answers "503" to 100% of messages for 20 seconds
    And 70 seconds pass
    Then at least 95% of messages are delivered within 1 minute
    And the backlog drains within 1 minute
    And no accepted message is lost

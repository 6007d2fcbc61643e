Feature: The SMS vendor is down for 65 minutes
  A product sends one-time codes through one vendor. From 10:00 to 11:05 that vendor answers 503,
  after four seconds each: the average length of a major outage, and the slow kind of failure. The
  same outage is played with no defence, with each defence alone, and with all of them.

  Background:
    Given the clock starts at 2026-03-02 09:30 +00:00
    And 1 million messages a day to "vendor-a", sampled 1 in 2
    And an outage costs $350,000 an hour

  Scenario: No defence
    Given the stack "codes"
    When carrier "vendor-a" answers "503" to 100% of messages from 10:00 to 11:05
    And carrier "vendor-a" answers after 4 seconds from 10:00 to 11:05
    And 55 minutes pass
    Then the outage is detected within 2 minutes
    And the impact lasts between 64 minutes and 68 minutes
    And between 98% and 100% of subscribers of "vendor-a" are affected
    And at most 155% of the monthly error budget of 99.9% is spent
    And no accepted message is lost

  # What the first vendor refuses goes to the second at once, but each message holds a worker for the
  # four seconds that the refusal takes, and numbers in shared blocks cannot be looked up.
  Scenario: A second vendor
    Given the stack "codes" with
      | setting | value    |
      | routing | priority |
    When carrier "vendor-a" answers "503" to 100% of messages from 10:00 to 11:05
    And carrier "vendor-a" answers after 4 seconds from 10:00 to 11:05
    And 55 minutes pass
    Then the outage is detected within 5 minutes
    And the backlog drains within 30 minutes
    And no accepted message is lost

  Scenario: A circuit breaker with a vendor to fall back on
    Given the stack "codes" with
      | setting | value    |
      | routing | priority |
      | breaker | on       |
    When carrier "vendor-a" answers "503" to 100% of messages from 10:00 to 11:05
    And carrier "vendor-a" answers after 4 seconds from 10:00 to 11:05
    And 55 minutes pass
    Then the outage is detected within 5 minutes
    And at least 65% of messages are delivered within 10 seconds during the fault
    And no accepted message is lost

  # Nothing fails, and nothing arrives while a code is of use.
  Scenario: A queue for retry
    Given the stack "codes" with
      | setting | value  |
      | retry   | queued |
    When carrier "vendor-a" answers "503" to 100% of messages from 10:00 to 11:05
    And carrier "vendor-a" answers after 4 seconds from 10:00 to 11:05
    And 55 minutes pass
    Then the outage is detected within 4 minutes
    And every final outcome has a receipt
    And the backlog drains within 30 minutes
    And no accepted message is lost

  Scenario: A call that reads the code out
    Given the stack "codes" with
      | setting        | value |
      | voice_fallback | on    |
    When carrier "vendor-a" answers "503" to 100% of messages from 10:00 to 11:05
    And carrier "vendor-a" answers after 4 seconds from 10:00 to 11:05
    And 55 minutes pass
    Then at least 99.9% of messages are delivered within 1 minute
    And fewer than 1% of subscribers of "vendor-a" are affected
    And no accepted message is lost

  # It keeps the sender from asking a vendor that is down; alone it brings nothing to anybody.
  Scenario: A local cache of number lookups
    Given the stack "codes" with
      | setting       | value  |
      | number_lookup | cached |
    When carrier "vendor-a" answers "503" to 100% of messages from 10:00 to 11:05
    And carrier "vendor-a" answers after 4 seconds from 10:00 to 11:05
    And 55 minutes pass
    Then the outage is detected within 2 minutes
    And the impact lasts between 64 minutes and 68 minutes
    And no accepted message is lost

  Scenario: All of them
    Given the stack "codes" with
      | setting        | value    |
      | routing        | priority |
      | breaker        | on       |
      | retry          | queued   |
      | voice_fallback | on       |
      | number_lookup  | cached   |
    When carrier "vendor-a" answers "503" to 100% of messages from 10:00 to 11:05
    And carrier "vendor-a" answers after 4 seconds from 10:00 to 11:05
    And 55 minutes pass
    Then at least 99.9% of messages are delivered within 1 minute
    And at least 98% of messages are delivered within 10 seconds during the fault
    And traffic fails over to "vendor-b" within 1 minute
    And fewer than 1% of subscribers of "vendor-a" are affected
    And no accepted message is lost

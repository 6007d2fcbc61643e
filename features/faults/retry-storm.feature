Feature: A retry storm
  The carrier takes 300 messages a second, and counts what it refuses too, as rate limiters do that
  count requests. For half a minute it takes only 100 of 200. Tried again at once, ten times each,
  what it refuses keeps the carrier busy with refusals after the limit is gone; within a budget it
  does not.

  # A canary: the storm must outlive its trigger, or the drill below proves nothing.
  @must-fail
  Scenario: Naive retries outlive their trigger
    Given the stack "reference" with
      | setting          | value        |
      | routing          | primary-only |
      | retry            | naive        |
      | breaker          | off          |
      | carrier_capacity | 300          |
    And 200 messages per second
    When steady state holds for 20 seconds
    And carrier "smartfren" takes at most 100 messages per second for 30 seconds
    And 50 seconds pass
    Then the overload ends within 20 seconds of its cause

  Scenario: Budgeted retries end with their trigger
    Given the stack "reference" with
      | setting          | value        |
      | routing          | primary-only |
      | retry            | budgeted     |
      | retry_budget     | 30           |
      | breaker          | off          |
      | carrier_capacity | 300          |
    And 200 messages per second
    When steady state holds for 20 seconds
    And carrier "smartfren" takes at most 100 messages per second for 30 seconds
    And 70 seconds pass
    Then the overload ends within 20 seconds of its cause
    And each message is attempted at most 1.3 times on average
    And no accepted message is lost

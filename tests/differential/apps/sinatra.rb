# The six protected actions in Sinatra on WEBrick; `ruby sinatra.rb PORT`. Each notes that it ran.
require 'json'
require 'sinatra/base'

class Bank < Sinatra::Base
  use Rack::MethodOverride
  set(:server, 'webrick')
  set(:bind, '127.0.0.1')
  set(:port, Integer(ARGV[0]))
  set(:logging, false)
  set(:quiet, true)
  set(:protection, false)
  set(:strict_paths, false)
  set(:environment, :production)

  helpers do
    def ran(action)
      File.open(ENV.fetch('RUNS'), 'a') { |runs| runs.puts(action) }
      'ran'
    end

    def members
      request.body.rewind
      body = JSON.parse(request.body.read)
      (body.is_a?(Array) ? body : [body]).select { |one| one.is_a?(Hash) }
    rescue StandardError
      []
    end

    def values(name)
      [params[name], *members.map { |one| one[name] }].flatten
    end
  end

  %i[get post put patch delete options].each do |verb|
    send(verb, %r{/admin(/.*)?}) { ran('C') }
    send(verb, '/transfer') { values('amount').any? { |value| value.to_s.to_f > 1000 } ? ran('A') : 'small' }
    send(verb, '/export') { values('format').any? { |value| value.to_s.strip.downcase == 'full' } ? ran('D') : 'summary' }
    send(verb, '/graphql') { values('query').any? { |value| value.to_s.include?('mutation') && value.to_s.include?('deleteUser') } ? ran('E') : 'data' }
    send(verb, '/rpc') do
      wipes = lambda do |one|
        given = one['params']
        one['method'] == 'tools/call' && (given.is_a?(Hash) ? given['name'] : Array(given).first) == 'wipe'
      end
      members.any?(&wipes) ? ran('F') : '{}'
    end
  end
  delete('/users/*') { ran('B') }
  not_found { 'other' }
  run!
end
